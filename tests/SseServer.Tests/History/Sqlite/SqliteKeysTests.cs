using System.IO.Compression;
using Microsoft.Data.Sqlite;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.History.Sqlite.Tools;
using SseServer.Tests.History.Faults;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Sqlite;

/// <summary>Keys in the file: what compaction leaves of a block, what a look-up costs, and how an older file is migrated.</summary>
internal sealed class SqliteKeysTests : IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public void File_of_version_1_is_read_trimmed_and_takes_keys()
    {
        var original = Path.Combine(AppContext.BaseDirectory, "History", "Sqlite", "version-1.db.gz");
        using (var packed = new GZipStream(File.OpenRead(original), CompressionMode.Decompress))
        using (var file = File.Create(_directory.File))
            packed.CopyTo(file);
        Assert.That(_directory.Query("PRAGMA user_version"), Is.EqualTo(1));
        // A trim that was cut short.
        Execute("UPDATE topics SET evicted_through = last_id - 100 WHERE name = x'742F31'");
        var events = Enumerable.Range(1, 12).SelectMany(StoreWriter.Events).ToList();

        using (var store = _directory.OpenStore())
        using (var reader = store.OpenReader())
        {
            var read = StoreEvents.Read(reader, StoreEvents.Select("**"));
            Assert.That(read.Select(e => e.Id), Is.EqualTo(events.Select(e => e.Id)));
            Assert.That(read.Select(e => e.Frame), Is.EqualTo(events.Select(e => StoreEvents.Frame(e, out _))));
            Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("**") with { LatestOnly = true }), Is.Empty);
            StoreEvents.Commit(store, Keyed("t/2", 5001, "k"));
            StoreEvents.Commit(store, Keyed("t/2", 5002, "k"), Keyed("t/2", 5003, "l"));
            var lost = events.Last(e => e.Topic == "t/2").Id;
            Assert.That(store.PlanTrim("t/2"u8, new StoreBounds(2, long.MaxValue, 0)), Is.EqualTo(new StoreTrim(5001, lost)));
            StoreEvents.TrimTo(store, "t/2", new StoreBounds(1, long.MaxValue, 5002));
            StoreEvents.TrimTo(store, "t/1", new StoreBounds(1, long.MaxValue, 6000));
            Assert.That(store.HasEvents("t/1"u8), Is.False);
            Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t/2")), Is.EqualTo(new long[] { 5002, 5003 }));
        }

        AssertSound();
        Assert.That(_directory.Query("PRAGMA user_version"), Is.EqualTo(StoreSchema.Steps.Count));
    }

    [Test]
    public void Trim_that_was_cut_short_goes_on_after_the_next_start()
    {
        var bounds = new StoreBounds(10, long.MaxValue, 0, 60);
        StoreTrim plan;
        using (var store = _directory.OpenStore())
        {
            for (var i = 1; i <= 150; i++)
            {
                var keyed = Keyed("t", (2 * i) - 1, $"k{i}", bytes: 25_000);
                StoreEvents.Commit(store, keyed, new("t", 2 * i, new string('x', 25_000)));
            }

            plan = store.PlanTrim("t"u8, bounds);
            Assert.That(store.Trim("t"u8, plan), Is.True, "These blocks are too large for one step.");
        }

        AssertSound();
        using var again = new SqliteEventStore(_directory.File);
        Assert.That(again.Open(1, 1).Topics.Single().LostThrough, Is.EqualTo(plan.LostThrough), "What was announced as lost stays lost.");
        StoreEvents.TrimTo(again, "t", bounds);
        using var reader = again.OpenReader();

        var keptKeys = Enumerable.Range(86, 60).Select(i => (2 * i) - 1);
        var retained = Enumerable.Range(291, 10);
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t")), Is.EqualTo(keptKeys.Concat(retained)));
        AssertSound();
    }

    [Test]
    public void Kept_events_that_are_superseded_are_deleted_in_bounded_steps()
    {
        using var store = _directory.OpenStore();
        StoreEvents.Commit(store, Enumerable.Range(0, 4_000).Select(i => Keyed("t", i + 1, $"k{i}", bytes: 1_000)));
        StoreEvents.Commit(store, new StoredEvent("t", 5_000, "x"));
        StoreEvents.TrimTo(store, "t", new StoreBounds(1, long.MaxValue, 0));
        Assert.That(_directory.Query("SELECT sum(count) FROM blocks"), Is.EqualTo(4_001));

        StoreEvents.Commit(store, Enumerable.Range(0, 4_000).Where(i => i % 4 > 0).Select(i => Keyed("t", i + 6_000, $"k{i}")));
        var plan = store.PlanTrim("t"u8, new StoreBounds(10_000, long.MaxValue, 0));
        Assert.That(plan, Is.EqualTo(new StoreTrim(4_000, 0)), "nothing is over the bounds, and three of four kept events are stale");
        var steps = 1;
        while (store.Trim("t"u8, plan)) steps++;

        Assert.That(steps, Is.GreaterThan(1));
        Assert.That(_directory.Query("SELECT sum(count) FROM blocks"), Is.EqualTo(4_001));
        Assert.That(_directory.Query("SELECT kept + stale FROM topics"), Is.EqualTo(1_000));
        Assert.That(store.PlanTrim("t"u8, new StoreBounds(10_000, long.MaxValue, 0)), Is.EqualTo(default(StoreTrim)));
        AssertSound();
    }

    [Test]
    public void A_few_stale_events_wait_for_the_next_trim()
    {
        using var store = _directory.OpenStore();
        StoreEvents.Commit(store, Keyed("t", 1, "a"));
        StoreEvents.Commit(store, Keyed("t", 2, "b"));
        StoreEvents.TrimTo(store, "t", new StoreBounds(1, long.MaxValue, 0));
        StoreEvents.Commit(store, Keyed("t", 3, "a"));

        Assert.That(store.PlanTrim("t"u8, new StoreBounds(2, long.MaxValue, 0)), Is.EqualTo(default(StoreTrim)));
        StoreEvents.TrimTo(store, "t", new StoreBounds(1, long.MaxValue, 0));

        Assert.That(_directory.Query("SELECT count(*) FROM blocks WHERE first_id = 1"), Is.Zero);
        AssertSound();
    }

    [Test]
    public void Damaged_block_does_not_keep_others_from_being_trimmed()
    {
        using var store = _directory.OpenStore();
        StoreEvents.Commit(store, Keyed("t", 1, "a"), Keyed("t", 2, "b"), Keyed("t", 3, "b"));
        StoreEvents.Commit(store, Keyed("t", 4, "c"), Keyed("t", 5, "c"));
        StoreEvents.Commit(store, new StoredEvent("t", 6, "x"));
        Execute("UPDATE blocks SET data = zeroblob(length(data)) WHERE first_id = 1");

        StoreEvents.TrimTo(store, "t", new StoreBounds(1, long.MaxValue, 0));

        using var reader = store.OpenReader();
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t") with { LatestOnly = true }), Is.EqualTo(new long[] { 5 }));
        Assert.That(_directory.Query("SELECT evicted_through FROM topics"), Is.EqualTo(3),
            "The loss is announced after the next start, too.");
        AssertSound();
    }

    // Counted in SQLite's own steps, which depend on no clock.
    [TestCase("t")]
    [TestCase("t", "other")]
    [TestCase("*")]
    public void Latest_of_a_long_history_costs_what_its_keys_cost(params string[] selectors)
    {
        using var store = _directory.OpenStore();
        Fill(store, 1, 400);
        var few = StepsOfLatest(selectors);
        Fill(store, 401, 4_000);
        var many = StepsOfLatest(selectors);

        Assert.That(many, Is.InRange(1, few * 3 / 2));
    }

    private static StoredEvent Keyed(string topic, long id, string key, int bytes = 1)
        => new(topic, id, new string('x', bytes)) { Key = key };

    // A hundred keys in all; one event a block.
    private static void Fill(IEventStore store, int first, int last)
    {
        for (var id = first; id <= last; id++)
            StoreEvents.Commit(store, id % 2 == 0 ? Keyed("t", id, $"k{id % 100}") : new StoredEvent("other", id, "x"));
    }

    private long StepsOfLatest(string[] selectors)
    {
        using var database = SqliteDatabase.Open(_directory.File, SqliteOpenMode.ReadWrite);
        using var reader = new SqliteEventReader(database);
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select(selectors) with { LatestOnly = true }), Has.Count.EqualTo(50));
        return database.StepsRun();
    }

    private void AssertSound() => Assert.That(HistoryCheck.Run(_directory.File).Problems, Is.Empty);

    private void Execute(string sql)
    {
        using var database = SqliteDatabase.Open(_directory.File, SqliteOpenMode.ReadWrite);
        database.Execute(sql);
    }
}
