namespace SseServer.History.Sqlite;

/// <summary>
/// Makes a store's files accessible for the server's user only, whatever the umask: they have every event, of protected topics too. SQLite
/// gives the write-ahead log and its index the mode of the database, so the database must have it before SQLite opens it. On Windows the
/// rights of the directory apply.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Of the database, the write-ahead log, its index, the rollback journal, and the lock.
    private static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal", "-lock"];

    /// <summary>
    /// Creates the database's file if it is missing, and removes other users' rights to the files of an earlier server. The caller has the
    /// store's lock.
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
            // The directory cannot be written, or the disk is full. SQLite fails for the same reason, and its failure is reported.
        }
        catch (UnauthorizedAccessException)
        {
            // As above.
        }
    }

    /// <summary>Opens a file for one process alone, and creates it if it is missing.</summary>
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

    // Only the owner and root may change the mode. A server that runs as another user must take the file as it is.
    private static void Restrict(string path)
    {
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & ~OwnerOnly) == 0) return;
        try
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
        catch (UnauthorizedAccessException)
        {
            // Not the owner.
        }
    }
}
