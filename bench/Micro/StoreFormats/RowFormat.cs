using Microsoft.Data.Sqlite;
using SQLitePCL;
using SseServer.History;
using SseServer.History.Sqlite;

namespace SseServer.Bench.Micro.StoreFormats;

/// <summary>
/// A row for each event, with a checksum, in one of two tables: clustered by topic and id (<c>WITHOUT ROWID</c>), or by id with an index by
/// topic. A commit also writes the topics' totals and the high-water mark, as the server's format does, and nothing else, so the costs are
/// lower bounds.
/// </summary>
internal sealed class RowFormat(string path, bool isClusteredByTopic) : IStoreFormat
{
    // The server's numbers: a checkpoint for each 8 MB, and steps of some milliseconds.
    private const int CheckpointPages = 2048;
    private const int RowsPerStep = 4096;

    private const string ByTopic = """
        CREATE TABLE events (
            topic_id INTEGER NOT NULL,
            id INTEGER NOT NULL,
            lengths INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            key BLOB,
            frame BLOB NOT NULL,
            PRIMARY KEY (topic_id, id)
        ) STRICT, WITHOUT ROWID;
        """;

    private const string ById = """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            topic_id INTEGER NOT NULL,
            lengths INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            key BLOB,
            frame BLOB NOT NULL
        ) STRICT;
        CREATE INDEX events_by_topic ON events (topic_id);
        """;

    private readonly Dictionary<string, long> _topics = [];
    private readonly long[] _totals = new long[20_000];
    private SqliteDatabase _database = null!;
    private SqliteStatement _insert = null!;
    private SqliteStatement _update = null!;
    private SqliteStatement _mark = null!;
    private int _pages;

    public void Open()
    {
        var isNew = !File.Exists(path);
        _database = SqliteDatabase.Open(path, SqliteOpenMode.ReadWriteCreate);
        _database.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        _database.Execute("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192");
        if (isNew)
        {
            _database.Execute(isClusteredByTopic ? ByTopic : ById);
            _database.Execute("""
                CREATE TABLE topics (
                    topic_id INTEGER PRIMARY KEY,
                    name BLOB NOT NULL UNIQUE,
                    count INTEGER NOT NULL,
                    last_id INTEGER NOT NULL
                ) STRICT;
                CREATE TABLE store (one INTEGER PRIMARY KEY, high_water INTEGER NOT NULL) STRICT;
                INSERT INTO store VALUES (1, 0);
                """);
        }

        var topics = _database.Prepare("SELECT topic_id, name, count FROM topics");
        while (topics.Step())
        {
            _topics.Add(Convert.ToHexString(topics.Blob(1)), topics.Number(0));
            _totals[topics.Number(0)] = topics.Number(2);
        }

        _insert = _database.Prepare("INSERT INTO events (topic_id, id, lengths, checksum, key, frame) VALUES (?1, ?2, ?3, ?4, NULL, ?5)");
        _update = _database.Prepare(
            "INSERT INTO topics VALUES (?1, ?2, ?3, ?4) ON CONFLICT (topic_id) DO UPDATE SET (count, last_id) = (?3, ?4)");
        _mark = _database.Prepare("UPDATE store SET high_water = ?1");
    }

    public void Commit(StoreCommit commit)
    {
        using var transaction = _database.BeginWrite();
        foreach (var index in commit.Topics)
        {
            ref readonly var topic = ref commit.Topic(index);
            var name = Convert.ToHexString(topic.Name);
            if (!_topics.TryGetValue(name, out var id)) _topics.Add(name, id = _topics.Count + 1);
            for (var at = topic.First; at >= 0; at = commit.Entries[at].Next)
            {
                ref readonly var entry = ref commit.Entries[at];
                var frame = commit.Frame(entry);
                var checksum = Checksum.OfBlock(id, entry.Id, frame);
                _insert.Bind(1, id).Bind(2, entry.Id).Bind(3, entry.PrefixLength).Bind(4, checksum).Bind(5, frame).Run();
                _totals[id]++;
            }

            _update.Bind(1, id).Bind(2, topic.Name).Bind(3, _totals[id]).Bind(4, commit.Entries[topic.Last].Id).Run();
        }

        _mark.Bind(1, commit.HighWater).Run();
        transaction.Commit();
        Maintain();
    }

    public long ReadAll(IReadOnlyList<byte[]> topics)
    {
        using var database = SqliteDatabase.Open(path, SqliteOpenMode.ReadWrite);
        database.Execute("PRAGMA query_only = ON; PRAGMA cache_size = -2048");
        var ids = topics.Select(name => _topics[Convert.ToHexString(name)]);
        return new RowReader(database, isClusteredByTopic, [.. ids], _topics.Values).ReadAll();
    }

    public void Trim(byte[] topic, long maxEvents)
    {
        var id = _topics[Convert.ToHexString(topic)];
        var last = _database.Prepare($"SELECT id FROM events WHERE topic_id = ?1 ORDER BY id LIMIT 1 OFFSET {RowsPerStep - 1}");
        var delete = _database.Prepare("DELETE FROM events WHERE topic_id = ?1 AND id <= ?2");
        while (_totals[id] - RowsPerStep >= maxEvents)
        {
            using var transaction = _database.BeginWrite();
            var through = last.Bind(1, id).TakeNumber();
            delete.Bind(1, id).Bind(2, through).Run();
            _totals[id] -= RowsPerStep;
            _update.Bind(1, id).Bind(2, topic).Bind(3, _totals[id]).Bind(4, through).Run();
            transaction.Commit();
            Maintain();
        }
    }

    public void Dispose()
    {
        _database.Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE);
        _database.Dispose();
    }

    private void Maintain()
    {
        _pages += _database.TakePagesWritten();
        if (_pages >= CheckpointPages)
        {
            _pages = 0;
            _database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
            return;
        }

        var free = _database.QueryNumber("PRAGMA freelist_count");
        if (free > 1024 && free > _database.QueryNumber("PRAGMA page_count") / 4) _database.Execute("PRAGMA incremental_vacuum(128)");
    }
}
