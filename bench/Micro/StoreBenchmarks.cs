using BenchmarkDotNet.Attributes;
using Microsoft.Data.Sqlite;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Protocol.EventStream;

namespace SseServer.Bench.Micro;

/// <summary>
/// Commits to the store, compared with the simplest loop over SQLite: a prepared insert of one row for each event, and a commit, with the
/// same syncs. Files are in the directory for temporary files; if that is in memory, so are the syncs.
/// </summary>
[MemoryDiagnoser]
public class StoreBenchmarks : IDisposable
{
    private readonly StoreCommit _commit = new();
    private readonly byte[] _topic = "bench"u8.ToArray();
    private DirectoryInfo _directory = null!;
    private SqliteEventStore _store = null!;
    private SqliteConnection _plain = null!;
    private SqliteCommand _insert = null!;
    private byte[] _block = [];
    private long _id = EventId.FirstAt(1_700_000_000_000).Value;

    [Params(1, 32, 1000)]
    public int Events { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _directory = Directory.CreateTempSubdirectory("sse-store-bench-");
        var source = new ServerSentEvent { RetryMilliseconds = -1, Data = new string('x', 200).Select(c => (byte)c).ToArray() };
        _block = new byte[EventStreamEncoder.Measure(source)];
        EventStreamEncoder.Write(_block, source);

        _store = new SqliteEventStore(Path.Combine(_directory.FullName, "history.db"));
        _store.Open(_id, _id);

        _plain = new SqliteConnection($"Data Source={Path.Combine(_directory.FullName, "plain.db")};Pooling=False");
        _plain.Open();
        using var create = _plain.CreateCommand();
        create.CommandText =
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, data "
            + "BLOB NOT NULL)";
        create.ExecuteNonQuery();
        _insert = _plain.CreateCommand();
        _insert.CommandText = "INSERT INTO events VALUES ($id, 'bench', $data)";
        _insert.Parameters.Add("$id", SqliteType.Integer);
        _insert.Parameters.Add("$data", SqliteType.Blob).Value = _block;
        _insert.Prepare();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _insert.Dispose();
        _plain.Dispose();
        _store.Dispose();
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void RowAnEvent()
    {
        using var transaction = _plain.BeginTransaction();
        _insert.Transaction = transaction;
        for (var i = 0; i < Events; i++)
        {
            _insert.Parameters[0].Value = ++_id;
            _insert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    [Benchmark]
    public void Commit() => Commit(keys: 0);

    [Benchmark]
    public void CommitWithKeys() => Commit(keys: 1000);

    private void Commit(int keys)
    {
        Span<byte> key = stackalloc byte[11];
        Span<byte> id = stackalloc byte[EventId.MaxTextLength];
        for (var i = 0; i < Events; i++)
        {
            var text = id[..new EventId(++_id).Format(id)];
            var length = EventFrame.Measure(text.Length, _block.Length, hasPublisherId: false);
            EventFrame.Write(_commit.Reserve(length), text, _block, hasPublisherId: false, out var prefixLength);
            var keyLength = 0;
            if (keys > 0) (_id % keys).TryFormat(key, out keyLength);
            _commit.Add(_topic, _id, length, prefixLength, 0, key[..keyLength]);
        }

        _commit.HighWater = _id;
        _store.Commit(_commit);
        _commit.Clear();
        _store.Maintain();
    }
}
