namespace SseServer.History.Sqlite;

/// <summary>
/// The right to be the one server of a store: an exclusive lock on a file beside it, which the system lets go of when the process ends, however it ends. SQLite's own locks would also lock out the
/// tools that read while the server runs. The file stays: to delete it would race with the next server.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <exception cref="StoreException">Another process has it, or the directory is missing or cannot be written.</exception>
    public static StoreLock Take(string path)
    {
        var directory = Path.GetDirectoryName(path);
        if (!Directory.Exists(directory))
            throw new StoreException(StoreFailure.Unavailable, $"The directory {directory} of the history {path} is missing; create it, writable for the server's user.");
        if (Directory.Exists(path))
            throw new StoreException(StoreFailure.Unavailable, $"The history {path} is a directory; name a file in it.");
        try
        {
            return new StoreLock(PrivateFiles.Open(path + "-lock"));
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException)
        {
            throw StoreErrors.Create(StoreFailure.ReadOnly, path, exception.Message);
        }
        catch (IOException exception)
        {
            throw exception.Message.Contains("being used by another process", StringComparison.Ordinal)
                ? new StoreException(StoreFailure.Unavailable, $"The history {path} is in use by another sse-server; stop that one, or give this one a file of its own.")
                : StoreErrors.Create(StoreFailure.ReadOnly, path, exception.Message);
        }
    }

    public void Dispose() => _file.Dispose();
}
