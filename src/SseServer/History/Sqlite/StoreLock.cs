namespace SseServer.History.Sqlite;

/// <summary>
/// The right to be the one server of a store, which the system lets go of when the process ends, however it ends. There are two locks.
/// One is on a file beside the store, which stays: to delete it would race with
/// the next server. The other is on the database itself, so that neither another path to it (a symbolic or hard link) nor the loss of the
/// first file lets in a second server.
/// <para>
/// Both are whole-file locks (<c>flock</c>), which SQLite's own locks on ranges of bytes do not see: the tools read while the server
/// runs. The system drops a process's range locks when it closes any
/// descriptor of the file, so this one is closed after all of SQLite's.
/// </para>
/// Also watches that the file at the path stays the one that is open. Any thread may ask.
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

    /// <summary>Takes the right, and makes the file where it is missing.</summary>
    /// <exception cref="StoreException">Another process has it, or the directory is missing or cannot be written.</exception>
    public static StoreLock Take(string path)
    {
        var directory = Path.GetDirectoryName(path);
        if (!Directory.Exists(directory))
            throw new StoreException(StoreFailure.Unavailable, $"The directory {directory} of the history {path} is missing; create it, writable for the server's user.");
        if (Directory.Exists(path))
            throw new StoreException(StoreFailure.Unavailable, $"The history {path} is a directory; name a file in it.");
        var file = Lock(path, path + "-lock");
        try
        {
            // Windows' locks would keep SQLite out, too; and an open file cannot be deleted or replaced there.
            return new StoreLock(path, file, OperatingSystem.IsWindows() ? null : Lock(path, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The write-ahead log exists by now: it is watched, too.</summary>
    public void WatchLog()
    {
        if (_identity is null) return;
        // SQLite puts it beside the file itself, not beside a link to it.
        _logPath = (File.ResolveLinkTarget(_path, returnFinalTarget: true)?.FullName ?? _path) + "-wal";
        _log = FileIdentity.Of(_logPath);
    }

    /// <summary>What is wrong with the files at their paths, and what to do; null where they are the open ones.</summary>
    public string? FindProblem()
    {
        if (_identity is null) return null;
        return FileIdentity.Of(_path) switch
        {
            null =>
                $"The history {_path} was deleted or moved away while it is in use; "
                + "move it back, or restart the server to begin a new one.",
            { } current when current != _identity =>
                $"Another file was put in the place of the history {_path} while it is in use; "
                + "move the old one back, or restart the server to use the new one.",
            _ when _log is not null && FileIdentity.Of(_logPath!) != _log =>
                $"The write-ahead log {_logPath} was deleted or replaced while it is in use; restart the server.",
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
                ? new StoreException(StoreFailure.Unavailable, $"The history {path} is in use by another sse-server; stop that one, or give this one a file of its own.")
                : StoreErrors.Create(StoreFailure.ReadOnly, path, exception.Message);
        }
    }
}
