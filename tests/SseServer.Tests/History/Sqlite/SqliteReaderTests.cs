using Microsoft.Data.Sqlite;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Sqlite;

internal sealed class SqliteReaderTests : IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // The cost of a page is counted in SQLite's own steps, which depend on no clock. One event a block is the worst case.
    [TestCase("t/7")]
    [TestCase("t/*")]
    [TestCase("t/7", "t/9", "other")]
    public void Page_of_a_long_history_costs_what_one_of_a_short_history_costs(params string[] selectors)
    {
        using var store = new SqliteEventStore(_directory.File);
        store.Open(1, 1_000_000);
        Fill(store, 1, 2_000);
        var few = StepsOfAPage(selectors, after: 1_000);
        Fill(store, 2_001, 20_000);
        var many = StepsOfAPage(selectors, after: 11_000);

        Assert.That(few, Is.GreaterThan(0));
        Assert.That(many, Is.LessThan(few * 3 / 2));
    }

    [Test]
    public void Selected_topics_are_found_among_any_number_of_others_without_a_scan_of_all()
    {
        using var store = new SqliteEventStore(_directory.File);
        store.Open(1, 1_000_000);
        Fill(store, 1, 20_000);
        StoreEvents.Commit(store, new StoredEvent("rare/1", 30_000, "x"));

        Assert.That(StepsOfAPage(["rare/*"], after: 0), Is.LessThan(60_000), "a look at every row costs some 200,000");
        using var reader = store.OpenReader();
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("rare/*")), Is.EqualTo(new long[] { 30_000 }));
    }

    [Test]
    public async Task Readers_see_every_commit_once_while_events_are_written_and_trimmed()
    {
        using var store = new SqliteEventStore(_directory.File);
        store.Open(1, 1_000_000);
        long committed = 0;
        var evicted = 0L;
        const long Last = 6_000;
        var writer = Task.Run(() =>
        {
            for (var id = 1L; id <= Last; id += 20)
            {
                StoreEvents.Commit(store, Enumerable.Range(0, 20).Select(i => new StoredEvent(i % 3 == 0 ? "a" : "b", id + i, "x")));
                Volatile.Write(ref committed, id + 19);
                if (store.PlanTrim("a"u8, new StoreBounds(500, long.MaxValue, 0)) is { Through: > 0 } plan)
                {
                    Volatile.Write(ref evicted, plan.Through);
                    store.Trim("a"u8, plan);
                }

                store.Maintain();
            }
        });

        await Task.WhenAll(writer, Task.Run(() => Follow("b")), Task.Run(() => Follow("*")));

        void Follow(string selector)
        {
            using var reader = store.OpenReader();
            var page = new StoredPage(2_000);
            var after = 0L;
            while (after < Last - 1)
            {
                var through = Volatile.Read(ref committed);
                reader.Read(StoreEvents.Select(selector), after, through, page);
                var mayMiss = Volatile.Read(ref evicted);
                foreach (var entry in page.Entries.AsSpan(0, page.Count))
                {
                    // Topic a has every third event of a commit's twenty, b the others.
                    while (++after < entry.Id)
                    {
                        var isExpected = !IsOfA(after) || (selector == "*" && after > mayMiss);
                        if (isExpected) Assert.Fail($"{after} is missing before {entry.Id}.");
                    }
                }

                if (page.IsEnd && through == Last) break;
            }
        }

        static bool IsOfA(long id) => (id - 1) % 20 % 3 == 0;
    }

    private static void Fill(IEventStore store, long first, long last)
    {
        for (var id = first; id <= last;)
        {
            var commit = new List<StoredEvent>();
            for (var i = 0; i < 100 && id <= last; i++, id++) commit.Add(new($"t/{id % 100}", id, "x"));
            StoreEvents.Commit(store, commit);
        }
    }

    private long StepsOfAPage(string[] selectors, long after)
    {
        using var database = SqliteDatabase.Open(_directory.File, SqliteOpenMode.ReadWrite);
        using var reader = new SqliteEventReader(database);
        var page = new StoredPage(300);
        reader.Read(StoreEvents.Select(selectors), after, long.MaxValue, page);
        Assert.That(page.Count, Is.Positive);
        return database.StepsRun();
    }
}
