using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Sqlite;

/// <summary>The size of the files follows what they store.</summary>
internal sealed class SqliteGrowthTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public void Files_of_a_trimmed_history_stop_growing()
    {
        using var store = Open(checkpointPages: 256);
        for (var id = 1L; id <= 3_000; id += 10)
        {
            Fill(store, id, 10);
            StoreEvents.TrimTo(store, "t", new StoreBounds(100, long.MaxValue, 0));
            while (store.Maintain())
            {
                // Until there is nothing left to do.
            }
        }

        // 60 MB of events were written, of which 2 MB are kept.
        Assert.That(Size(""), Is.LessThan(8 * Megabyte));
        Assert.That(Size("-wal"), Is.LessThan(4 * Megabyte));
    }

    [Test]
    public void Log_stays_small_when_maintenance_is_never_called()
    {
        using var store = Open(checkpointPages: 64);
        for (var id = 1L; id <= 1_000; id += 10) Fill(store, id, 10);

        Assert.That(Size("-wal"), Is.LessThan(4 * Megabyte), "20 MB were written to it");
    }

    [Test]
    public void Log_stays_small_while_a_reader_takes_pages()
    {
        using var store = Open(checkpointPages: 64);
        using var reader = store.OpenReader();
        var page = new StoredPage();
        for (var id = 1L; id <= 1_000; id += 10)
        {
            Fill(store, id, 10);
            reader.Read(StoreEvents.Select("*"), id / 2, long.MaxValue, page);
            store.Maintain();
        }

        Assert.That(Size("-wal"), Is.LessThan(4 * Megabyte), "20 MB were written to it");
    }

    [Test]
    public void Space_of_trimmed_events_is_returned_in_steps()
    {
        using (var store = Open(checkpointPages: 256))
        {
            for (var id = 1L; id <= 2_000; id += 100) Fill(store, id, 100);
            var steps = 0;
            while (store.Trim("t"u8, new(2_000, 2_000))) steps++;
            while (store.Maintain()) steps++;
            Assert.That(steps, Is.GreaterThan(10));
            store.Close(2_000);
        }

        // Of 40 megabytes, 4 are kept for events to come.
        Assert.That(Size(""), Is.LessThan(8 * Megabyte));
    }

    private SqliteEventStore Open(int checkpointPages)
    {
        var store = new SqliteEventStore(_directory.File) { CheckpointPages = checkpointPages };
        store.Open(1, 1);
        return store;
    }

    private static void Fill(SqliteEventStore store, long first, int events)
        => StoreEvents.Commit(store, Enumerable.Range(0, events).Select(i => new StoredEvent("t", first + i, new string('x', 20_000))));

    private long Size(string suffix) => new FileInfo(_directory.File + suffix).Length;
}
