using Microsoft.Data.Sqlite;
using SseServer.History.Sqlite.Tools;

namespace SseServer.History.Sqlite;

/// <summary>
/// Events in one SQLite file with a write-ahead log. The file is created if it is missing; its directory is not. A commit is one
/// transaction and one sync of the log. <see cref="StoreSchema"/> describes the tables. This class opens the file, and hands each call to
/// the part that does the work.
/// </summary>
internal sealed class SqliteEventStore : IOwnedStore
{
    // Checking it takes some tens of milliseconds. A larger file is not read at the start: the checksums of its rows and blocks show
    // damage later, and the tool reads all of it.
    private const int CheckedAtStartBytes = 4 * 1024 * 1024;

    private readonly string _path;
    private readonly IReadOnlyList<string> _schema;
    private StoreLock? _lock;
    private SqliteDatabase? _database;
    private OpenParts? _parts;

    public SqliteEventStore(string path)
        : this(path, StoreSchema.Steps)
    {
    }

    /// <summary>With the caller's own schema steps, to test a migration.</summary>
    internal SqliteEventStore(string path, IReadOnlyList<string> schema)
    {
        _path = Path.GetFullPath(path);
        _schema = schema;
    }

    /// <summary>Pages in the log at which <see cref="Maintain"/> makes a checkpoint. Tests lower it to see checkpoints often.</summary>
    internal int CheckpointPages { get; init; } = StoreMaintenance.DefaultCheckpointPages;

    private OpenParts Parts => _parts ?? throw new InvalidOperationException("The store is not open.");

    public StoreStart Open(long firstIdNow, long leaseEnd)
    {
        if (_lock is not null) throw new InvalidOperationException("A store can be opened only once.");
        _lock = StoreLock.Take(_path);
        PrivateFiles.Prepare(_path);
        _database = SqliteDatabase.Open(_path, SqliteOpenMode.ReadWriteCreate);
        StoreSchema.Prepare(_database, _schema);
        // What is deleted is overwritten if that costs no further page, so that later deletions of topics need not look for remains.
        // Checkpoints are made between commits. A cache of eight megabytes holds the inner pages of every index of a store of gigabytes.
        _database.Execute("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192; PRAGMA secure_delete = FAST");
        var damage = CheckIfSmall(_database);
        _parts = new OpenParts(_database, CheckpointPages);
        var start = BeginLife(_parts.Tables, firstIdNow, leaseEnd) with { Damage = damage };
        _lock.WatchLog();
        return start;
    }

    public void Commit(StoreCommit commit)
    {
        EnsureAvailable();
        Parts.Writer.Write(commit);
        Parts.Maintenance.AfterCommit();
    }

    public void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredLocation> locations)
        => Parts.Tables.PublisherIds.Find(publisherId, locations);

    public IStoredEventReader OpenReader()
    {
        // The file at the path may be another history by now.
        EnsureAvailable();
        return new SqliteEventReader(_path);
    }

    public void EnsureAvailable()
    {
        if (_lock?.FindProblem() is { } problem) throw new StoreException(StoreFailure.Missing, problem);
    }

    public StoreTrim PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds) => Parts.Trimmer.Plan(topic, bounds);

    public bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, Action<long>? onLoss = null)
        => Parts.Trimmer.Trim(topic, plan, onLoss);

    public bool HasEvents(ReadOnlySpan<byte> topic) => Parts.Tables.Topics.Find(topic) is { Totals.HasEvents: true };

    public void RemoveTopic(ReadOnlySpan<byte> topic)
    {
        var tables = Parts.Tables;
        if (tables.Topics.Find(topic) is not { } row) return;
        if (row.Totals.HasEvents) throw new InvalidOperationException("The topic has events.");
        var store = tables.Store.Row;
        store = store with { Floor = Math.Max(store.Floor, Math.Max(row.Totals.LostThrough, row.Totals.LastId)) };
        using (var transaction = tables.Database.BeginWrite())
        {
            tables.Topics.Delete(row);
            tables.Store.Update(store);
            transaction.Commit();
        }

        tables.Store.Adopt(store);
        tables.Topics.Forget(row);
    }

    public bool DeleteTopic(ReadOnlySpan<byte> topic, long id, long highWater)
    {
        EnsureAvailable();
        return Parts.Deleter.Delete(topic, id, highWater);
    }

    public bool TryEraseLog() => Parts.Tables.Database.TryTruncateLog();

    public bool Maintain() => Parts.Maintenance.Step();

    public void Close(long lastId)
    {
        var store = Parts.Tables.Store;
        var row = store.Row with { HighWater = lastId, IsClean = true };
        store.Update(row);
        store.Adopt(row);
        Parts.Maintenance.TryCheckpoint();
    }

    public void Dispose()
    {
        if (_lock?.FindProblem() is not null) _database?.LeaveLogAtClose();
        _database?.Dispose();
        // After the database: see StoreLock.
        _lock?.Dispose();
        (_parts, _database, _lock) = (null, null, null);
    }

    /// <summary>Checks a small file as <c>history check</c> does.</summary>
    /// <returns>The blocks that cannot be read.</returns>
    /// <exception cref="StoreException">More than that is wrong.</exception>
    private IReadOnlyList<DamagedBlock> CheckIfSmall(SqliteDatabase database)
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

    private static StoreStart BeginLife(StoreTables tables, long firstIdNow, long leaseEnd)
    {
        var before = tables.Store.Row;
        // Also to find out that a row is damaged, before anything is written.
        var lives = tables.Lives.Read();
        var firstId = StoreStart.FirstIdAfter(before.HighWater, firstIdNow);
        var store = before with
        {
            Origin = before.Origin == 0 ? firstId : before.Origin,
            HighWater = Math.Max(firstId, leaseEnd),
            // What was shown before its commit can be lost up to the end of the lease.
            UncleanThrough = before.IsClean ? before.UncleanThrough : Math.Max(before.UncleanThrough, before.HighWater),
            IsClean = false,
        };
        using (var transaction = tables.Database.BeginWrite())
        {
            // A crash may have taken what was shown after the last commit; and if this is a restored copy, the original may have gone on
            // from there.
            tables.Lives.Begin(before.IsClean ? before.HighWater : before.LastId, firstId);
            tables.Store.Update(store);
            lives = tables.Lives.Read();
            transaction.Commit();
        }

        tables.Store.Adopt(store);
        List<StoredTopic> topics = [.. tables.Topics.All.Select(topic => topic.ToStored())];
        return new(store.Origin, before.HighWater, before.LastId, store.Floor, store.UncleanThrough, before.IsClean, topics)
        {
            Lives = lives,
        };
    }

    /// <summary>What exists while the store is open.</summary>
    private sealed class OpenParts
    {
        public OpenParts(SqliteDatabase database, int checkpointPages)
        {
            Tables = new StoreTables(database);
            Writer = new CommitWriter(Tables);
            Trimmer = new StoreTrimmer(Tables);
            Deleter = new TopicDeleter(Tables);
            Maintenance = new StoreMaintenance(database, checkpointPages);
        }

        public StoreTables Tables { get; }

        public CommitWriter Writer { get; }

        public StoreTrimmer Trimmer { get; }

        public TopicDeleter Deleter { get; }

        public StoreMaintenance Maintenance { get; }
    }
}
