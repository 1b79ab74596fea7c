using Microsoft.Data.Sqlite;
using SseServer.History.Sqlite.Tools;

namespace SseServer.History.Sqlite;

/// <summary>
/// Events in one SQLite file with a write-ahead log. The file is made where it is missing; its directory is not. A commit is one transaction and one sync of the log; see
/// <see cref="StoreSchema"/> for how events lie in it. One thread at a time; readers have connections of their own.
/// </summary>
internal sealed partial class SqliteEventStore : IEventStore
{
    // Some tens of milliseconds. A larger file is taken at its word at the start, as the checksums of its rows and blocks allow; the tool
    // reads all of it.
    private const int CheckedAtStartBytes = 4 * 1024 * 1024;

    private readonly string _path;
    private readonly IReadOnlyList<string> _schema;
    private StoreLock? _lock;
    private SqliteDatabase? _database;
    private TopicTable _topics = null!;
    private LifeTable _lives = null!;
    private SqliteStatement _setStore = null!;
    private StoreRow _store;

    public SqliteEventStore(string path)
        : this(path, StoreSchema.Steps)
    {
    }

    /// <summary>With schema steps of a caller's own, to try a migration.</summary>
    internal SqliteEventStore(string path, IReadOnlyList<string> schema)
    {
        _path = Path.GetFullPath(path);
        _schema = schema;
    }

    private SqliteDatabase Database => _database ?? throw new InvalidOperationException("The store is not open.");

    public StoreStart Open(long firstIdNow, long leaseEnd)
    {
        if (_lock is not null) throw new InvalidOperationException("A store is opened once.");
        _lock = StoreLock.Take(_path);
        PrivateFiles.Prepare(_path);
        _database = SqliteDatabase.Open(_path, SqliteOpenMode.ReadWriteCreate);
        StoreSchema.Prepare(_database, _schema);
        // Checkpoints are made between commits; eight megabytes hold the inner pages of every index of a store of gigabytes.
        _database.Execute("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192");
        var damage = Check(_database);
        _topics = new TopicTable(_database);
        _lives = new LifeTable(_database);
        PrepareStatements(_database);
        var start = Start(_database, firstIdNow, leaseEnd) with { Damage = damage };
        _lock.WatchLog();
        return start;
    }

    public IStoredEventReader OpenReader()
    {
        // What stands at the path now may be another history.
        CheckFile();
        return new SqliteEventReader(_path);
    }

    public void CheckFile()
    {
        if (_lock?.FindProblem() is { } problem) throw new StoreException(StoreFailure.Missing, problem);
    }

    public void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredLocation> places)
    {
        _findPublisherId.Bind(1, publisherId);
        while (_findPublisherId.Step())
        {
            if (_topics.Find(_findPublisherId.Number(0)) is { } topic) places.Add(new(topic.Name, _findPublisherId.Number(1)));
        }
    }

    public void Close(long lastId)
    {
        Set(_store with { HighWater = lastId, IsClean = true });
        TryCheckpoint(Database);
    }

    public void Dispose()
    {
        if (_lock?.FindProblem() is not null) _database?.LeaveLogAtClose();
        _database?.Dispose();
        _lock?.Dispose();
        (_database, _lock) = (null, null);
    }

    /// <summary>Checks a small file as <c>history check</c> does.</summary>
    /// <returns>The blocks that cannot be read.</returns>
    /// <exception cref="StoreException">More than that is wrong.</exception>
    private IReadOnlyList<DamagedBlock> Check(SqliteDatabase database)
    {
        if (database.QueryNumber("PRAGMA page_count") * database.QueryNumber("PRAGMA page_size") > CheckedAtStartBytes) return [];
        database.Execute("BEGIN");
        try
        {
            var check = HistoryCheck.Run(database);
            if (check.Problems.Count > 0) throw StoreErrors.Create(StoreFailure.Corrupt, _path, check.Problems[0].TrimEnd('.'));
            return check.Damage;
        }
        finally
        {
            database.RollBack();
        }
    }

    private StoreStart Start(SqliteDatabase database, long firstIdNow, long leaseEnd)
    {
        var before = Read(database, out var lives);
        var firstId = StoreStart.FirstIdAfter(before.HighWater, firstIdNow);
        database.BeginWrite();
        try
        {
            // What a life showed after its last commit, a crash may have taken; and of a copy that is restored, the original may have
            // gone on from there.
            _lives.Begin(before.IsClean ? before.HighWater : before.LastId, firstId);
            Set(before with
            {
                Origin = before.Origin == 0 ? firstId : before.Origin,
                HighWater = Math.Max(firstId, leaseEnd),
                // What was shown before it was committed can be lost up to the end of the lease.
                UncleanThrough = before.IsClean ? before.UncleanThrough : Math.Max(before.UncleanThrough, before.HighWater),
                IsClean = false,
            });
            lives = _lives.Read();
            database.Commit();
        }
        catch
        {
            database.RollBack();
            throw;
        }

        var topics = new List<StoredTopic>(_topics.Count);
        foreach (var topic in _topics.All) topics.Add(topic.ToStored());
        return new StoreStart(_store.Origin, before.HighWater, before.LastId, _store.Floor, _store.UncleanThrough, before.IsClean, topics)
        {
            Lives = lives,
        };
    }

    private StoreRow Read(SqliteDatabase database, out List<IdRange> lives)
    {
        var row = database.Prepare($"SELECT {StoreRow.Columns} FROM store");
        if (!row.Step()) throw StoreErrors.Create(StoreFailure.Corrupt, _path, "its table store is empty");
        var isRight = StoreRow.TryRead(row, out var store);
        row.Reset();
        if (!isRight) throw StoreErrors.DamagedRow(_path, "store");
        lives = _lives.Read();
        return store;
    }

    /// <summary>Writes the store's row; within a transaction, whoever rolls that back sets <see cref="_store"/> back.</summary>
    private void Set(in StoreRow store)
    {
        store.Bind(_setStore).Run();
        _store = store;
    }
}
