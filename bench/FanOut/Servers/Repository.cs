namespace SseServer.Bench.FanOut.Servers;

/// <summary>Where things are: files of this repository, and programs on the path.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    /// <summary>A file's absolute path from its path in the repository.</summary>
    public static string File(string path) => Path.Combine(Root, path);

    /// <summary>A program's absolute path, or null if it is not installed.</summary>
    public static string? Program(string name)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "SseServer.slnx"))) return folder.FullName;
        }
        return Environment.CurrentDirectory;
    }
}
