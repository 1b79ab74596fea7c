using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SseServer.History.Sqlite;

/// <summary>
/// A connection to the store's file. Microsoft.Data.Sqlite opens it; statements go to the layer below (<see cref="SqliteStatement"/>),
/// which binds and reads spans instead of copying each blob into an array. Failures are <see cref="StoreException"/>s. For one thread at a
/// time.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    // Another process holds a lock only for the moment of a checkpoint or a recovery. If it holds one longer, this one gives up.
    private const int BusyMilliseconds = 2000;

    private readonly SqliteConnection _connection;
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    private SqliteDatabase(string path, SqliteConnection connection)
    {
        Path = path;
        _connection = connection;
        _handle = connection.Handle!;
        raw.sqlite3_busy_timeout(_handle, BusyMilliseconds);
    }

    static SqliteDatabase() => SqliteLibrary.Load();

    public string Path { get; }

    /// <exception cref="StoreException">The file cannot be opened. Only the first read shows that a file is not a database.</exception>
    public static SqliteDatabase Open(string path, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false };
        var connection = new SqliteConnection(text.ConnectionString);
        try
        {
            connection.Open();
            return new SqliteDatabase(path, connection);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw StoreErrors.Create(path, exception.SqliteExtendedErrorCode, exception.Message);
        }
    }

    /// <summary>A statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle) != raw.SQLITE_OK) throw Failure();
        var statement = new SqliteStatement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Runs one or more statements without parameters; rows are dropped.</summary>
    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(_handle, sql) != raw.SQLITE_OK) throw Failure();
    }

    /// <summary>The one number that a statement returns.</summary>
    public long QueryNumber(string sql)
    {
        if (raw.sqlite3_prepare_v2(_handle, sql, out var handle) != raw.SQLITE_OK) throw Failure();
        using var statement = new SqliteStatement(this, handle);
        return statement.TakeNumber();
    }

    /// <summary>
    /// Begins a transaction, and takes the write lock at once, so that no later statement can be refused because of it.
    /// </summary>
    public WriteTransaction BeginWrite()
    {
        Execute("BEGIN IMMEDIATE");
        return new WriteTransaction(this);
    }

    /// <summary>Ends a transaction without a commit, unless a failure has ended it already. Never throws.</summary>
    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(_handle) == 0) raw.sqlite3_exec(_handle, "ROLLBACK");
    }

    public long LastInsertedRow() => raw.sqlite3_last_insert_rowid(_handle);

    /// <summary>Pages written to the write-ahead log since the last call.</summary>
    public int TakePagesWritten()
    {
        const int CacheWrite = 9; // SQLITE_DBSTATUS_CACHE_WRITE
        raw.sqlite3_db_status(_handle, CacheWrite, out var pages, out _, 1);
        return pages;
    }

    /// <summary>What the statements have cost so far, in steps of SQLite's virtual machine: a measure that depends on no clock.</summary>
    public long StepsRun() => _statements.Sum(statement => (long)statement.StepsRun());

    /// <summary>Copies pages from the write-ahead log to the database; returns how many pages the log has.</summary>
    public int Checkpoint(int mode)
    {
        var result = raw.sqlite3_wal_checkpoint_v2(_handle, "main", mode, out var log, out _);
        // Busy is no failure: readers keep some pages from being copied, and the next checkpoint copies them.
        if (result != raw.SQLITE_OK && (result & 0xFF) != raw.SQLITE_BUSY) throw Failure();
        return log;
    }

    /// <summary>Copies all pages from the write-ahead log to the database and truncates the log; false if readers use it.</summary>
    public bool TryTruncateLog() => Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE) == 0;

    /// <summary>
    /// Makes the closing of the connection leave the write-ahead log alone. Otherwise it makes a checkpoint and deletes the log by its
    /// name, which may be another file's by now.
    /// </summary>
    public void LeaveLogAtClose() => raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);

    public StoreException Failure()
        => StoreErrors.Create(Path, raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errmsg(_handle).utf8_to_string());

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _statements.Clear();
        _connection.Dispose();
    }

    /// <summary>A transaction that is rolled back when it is disposed, unless it was committed.</summary>
    public readonly struct WriteTransaction(SqliteDatabase database) : IDisposable
    {
        public void Commit() => database.Execute("COMMIT");

        public void Dispose() => database.RollBack();
    }
}
