namespace SseServer.Tests.History.Support;

/// <summary>A directory for a store's files, deleted with them.</summary>
internal sealed class StoreDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sse-store-");

    public string Name => _directory.FullName;

    public string File => Path.Combine(Name, "history.db");

    public void Dispose() => _directory.Delete(recursive: true);
}
