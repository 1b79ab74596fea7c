namespace SseServer.History.Sqlite;

/// <summary>
/// Locks a store for one server, and checks that the file at the store's path is still the open one. Any thread may check.
/// <para>
/// There are two locks, which the system releases when the process ends, however it ends. One is on a file next to the database, which is
/// never deleted: to delete it would race with the next server. The other is on the database itself, so that a second server is refused
/// even if it uses another path (a symbolic or hard link), or if the first file was deleted.
/// </para>
/// <para>
/// Both lock whole files (<c>flock</c>), which SQLite's own locks on ranges of bytes do not see, so the tools can read while the server
/// runs. The system drops a process's range locks when the process closes any descriptor of the file, so this one is closed after all of
/// SQLite's.
/// </para>
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly FileStream? _database;
    private readonly FileIdentity? _identity;
    private string? _logPath;
    private FileIdentity? _log;

    private StoreLock(string path, FileStream file, FileStream? database)
    {
        (_path, _lock, _database) = (path, file, database);
        if (database is not null && FileIdentity.IsSupported) _identity = FileIdentity.Of(database.SafeFileHandle);
    }

    /// <summary>Takes both locks, and creates their files if they are missing.</summary>
    /// <exception cref="StoreException">Another process has them, or the directory is missing or cannot be written.</exception>
    public static StoreLock Take(string path)
    {
        var directory = Path.GetDirectoryName(path);
        if (!Directory.Exists(directory))
            throw new StoreException(
                StoreFailure.Unavailable,
                $"The directory {directory} of the history {path} does not exist; create it, and let the server's user write it.");
        if (Directory.Exists(path))
            throw new StoreException(StoreFailure.Unavailable, $"The history {path} is a directory; name a file in it.");
        var file = Lock(path, path + "-lock");
        try
        {
            // On Windows this lock would refuse SQLite, too; and an open file cannot be deleted or replaced there.
            return new StoreLock(path, file, OperatingSystem.IsWindows() ? null : Lock(path, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>From now on checks the write-ahead log, too. To be called once it exists.</summary>
    public void WatchLog()
    {
        if (_identity is null) return;
        // SQLite puts it next to the file itself, not next to a link to it.
        _logPath = (File.ResolveLinkTarget(_path, returnFinalTarget: true)?.FullName ?? _path) + "-wal";
        _log = FileIdentity.Of(_logPath);
    }

    /// <summary>What is wrong with the files at their paths, and what to do; null if they are the open ones.</summary>
    public string? FindProblem()
    {
        if (_identity is null) return null;
        return FileIdentity.Of(_path) switch
        {
            null =>
                $"The history {_path} was deleted or moved while the server uses it; "
                + "move it back, or restart the server to start with a new history.",
            { } current when current != _identity =>
                $"The history {_path} was replaced by another file while the server uses it; "
                + "move the old file back, or restart the server to use the new one.",
            _ when _log is not null && FileIdentity.Of(_logPath!) != _log =>
                $"The write-ahead log {_logPath} was deleted or replaced while the server uses it; restart the server.",
            _ => null,
        };
    }

    public void Dispose()
    {
        _database?.Dispose();
        _lock.Dispose();
    }

    private static FileStream Lock(string path, string file)
    {
        try
        {
            return PrivateFiles.Open(file);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw StoreErrors.Create(StoreFailure.ReadOnly, path, exception.Message);
        }
        catch (IOException exception)
        {
            throw exception.Message.Contains("being used by another process", StringComparison.Ordinal)
                ? new StoreException(
                    StoreFailure.Unavailable,
                    $"The history {path} is in use by another sse-server; stop that one, or use another file for this one.")
                : StoreErrors.Create(StoreFailure.ReadOnly, path, exception.Message);
        }
    }
}
