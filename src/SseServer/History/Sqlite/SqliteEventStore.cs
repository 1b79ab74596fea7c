using Microsoft.Data.Sqlite;

namespace SseServer.History.Sqlite;

/// <summary>
/// Events in one SQLite file with a write-ahead log. The file is made where it is missing; its directory is not. A commit is one transaction and one sync of the log; see
/// <see cref="StoreSchema"/> for how events lie in it. One thread at a time; readers have connections of their own.
/// </summary>
internal sealed partial class SqliteEventStore : IEventStore
{
    private readonly string _path;
    private readonly IReadOnlyList<string> _schema;
    private StoreLock? _lock;
    private SqliteDatabase? _database;
    private TopicTable _topics = null!;
    private SqliteStatement _setMark = null!;

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
        _topics = new TopicTable(_database);
        PrepareStatements(_database);
        return Start(_database, firstIdNow, leaseEnd);
    }

    public IStoredEventReader OpenReader() => new SqliteEventReader(_path);

    public void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredPlace> places)
    {
        _findPublisherId.Bind(1, publisherId);
        while (_findPublisherId.Step())
        {
            if (_topics.Find(_findPublisherId.Number(0)) is { } topic) places.Add(new(topic.Name, _findPublisherId.Number(1)));
        }
    }

    public void Close(long lastId)
    {
        Database.Prepare("UPDATE store SET high_water = ?1, is_clean = 1").Bind(1, lastId).Run();
        TryCheckpoint(Database);
    }

    public void Dispose()
    {
        _database?.Dispose();
        _lock?.Dispose();
    }

    private StoreStart Start(SqliteDatabase database, long firstIdNow, long leaseEnd)
    {
        var row = database.Prepare("SELECT origin, high_water, last_id, floor, unclean_through, is_clean FROM store");
        if (!row.Step()) throw StoreErrors.Create(StoreFailure.Corrupt, _path, "its table store is empty");
        var (origin, highWater, lastId, wasClean) = (row.Number(0), row.Number(1), row.Number(2), row.Number(5) == 1);
        (_floor, var uncleanThrough) = (row.Number(3), row.Number(4));
        row.Reset();

        if (origin == 0) origin = firstIdNow;
        // What was shown before it was committed can be lost up to the end of the lease.
        if (!wasClean) uncleanThrough = Math.Max(uncleanThrough, highWater);
        database.Prepare("UPDATE store SET origin = ?1, high_water = ?2, unclean_through = ?3, is_clean = 0")
            .Bind(1, origin).Bind(2, Math.Max(highWater, leaseEnd)).Bind(3, uncleanThrough).Run();
        var topics = new List<StoredTopic>(_topics.Count);
        foreach (var topic in _topics.All) topics.Add(topic.ToStored());
        return new StoreStart(origin, highWater, lastId, _floor, uncleanThrough, wasClean, topics);
    }
}
