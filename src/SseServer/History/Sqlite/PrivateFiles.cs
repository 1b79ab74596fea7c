namespace SseServer.History.Sqlite;

/// <summary>
/// Keeps a store's files to the server's user, whatever the umask is: they hold every event, of protected topics too. SQLite gives a
/// write-ahead log and its index the mode of the database, so what matters is that the database has it before SQLite opens it. On Windows
/// the directory's rights hold.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // What the path of a store is followed by: nothing, the write-ahead log, its index, the rollback journal, the lock.
    private static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal", "-lock"];

    /// <summary>
    /// Makes the database's file where it is missing, and takes other users' rights to what is there of an earlier server. The caller has
    /// the store's lock.
    /// </summary>
    public static void Prepare(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        try
        {
            if (!File.Exists(path)) Open(path).Dispose();
            foreach (var suffix in Suffixes)
                if (File.Exists(path + suffix)) Restrict(path + suffix);
        }
        catch (IOException)
        {
            // A directory that cannot be written, a full disk: SQLite meets the same, and its failure is the one that is told.
        }
        catch (UnauthorizedAccessException)
        {
            // As above.
        }
    }

    /// <summary>Opens a file for one process alone, and makes it where it is missing.</summary>
    public static FileStream Open(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }

    // Only the owner and root may. Whoever else runs the server was given the file as it is, and cannot mend it.
    private static void Restrict(string path)
    {
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & ~OwnerOnly) == 0) return;
        try
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
        catch (UnauthorizedAccessException)
        {
            // See above.
        }
    }
}
