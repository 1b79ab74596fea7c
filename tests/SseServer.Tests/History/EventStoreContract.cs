using SseServer.History;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History;

/// <summary>The contract of every store, whatever it keeps its events in.</summary>
internal abstract partial class EventStoreContract
{
    private const long LeaseEnd = 1_000_000_000;

    /// <summary>A store with the events of the one before it, which is disposed.</summary>
    protected abstract IEventStore NewStore();

    [Test]
    public void Committed_events_come_back_whole_and_in_id_order()
    {
        using var store = OpenStore();
        StoredEvent[] events = [new("b", 10, "one"), new("a", 11, "two\nlines"), new("b", 12, "three", "p-1"), new("a/c", 13, "")];
        StoreEvents.Commit(store, events);

        using var reader = store.OpenReader();
        var read = StoreEvents.Read(reader, StoreEvents.Select("b", "a/*", "a"));

        Assert.That(read.Select(e => e.Id), Is.EqualTo(events.Select(e => e.Id)));
        for (var i = 0; i < events.Length; i++)
        {
            Assert.That(read[i].Frame, Is.EqualTo(StoreEvents.Frame(events[i], out var prefixLength)));
            Assert.That(read[i].PrefixLength, Is.EqualTo(prefixLength));
        }
    }

    [Test]
    public void Read_begins_after_an_id_and_ends_with_another()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, Enumerable.Range(1, 50).Select(i => new StoredEvent("t", i, "x")));
        using var reader = store.OpenReader();

        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t"), after: 7, through: 11), Is.EqualTo(new long[] { 8, 9, 10, 11 }));
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t"), after: 50), Is.Empty);
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t"), after: 7, through: 7), Is.Empty);
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("other", "none/*")), Is.Empty);
    }

    [Test]
    public void Event_larger_than_a_page_comes_alone()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, new("t", 1, "small"), new("t", 2, new string('x', 300_000)), new("t", 3, "small"));
        using var reader = store.OpenReader();
        var page = new StoredPage(1024);

        reader.Read(StoreEvents.Select("t"), 1, 3, page);

        Assert.That((page.Count, page.Entries[0].Id, page.IsEnd), Is.EqualTo((1, 2L, false)));
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t"), capacity: 1024), Is.EqualTo(new long[] { 1, 2, 3 }));
    }

    [Test]
    public void Reader_sees_what_is_committed_after_it_was_opened()
    {
        using var store = OpenStore();
        using var reader = store.OpenReader();
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t")), Is.Empty);

        StoreEvents.Commit(store, new StoredEvent("t", 1, "x"));

        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t")), Is.EqualTo(new long[] { 1 }));
    }

    [Test]
    public void Totals_and_marks_come_back_at_the_next_start()
    {
        long bytes;
        using (var store = OpenStore())
        {
            StoredEvent[] events = [new("a", 20, "x"), new("b", 21, "y"), new("a", 22, "z")];
            StoreEvents.Commit(store, events[..2]);
            StoreEvents.Commit(store, events[2]);
            bytes = StoreEvents.Frame(events[0], out _).Length * 2;
            store.Close(25);
        }

        using var again = NewStore();
        var start = again.Open(30, 40);

        Assert.That((start.Origin, start.HighWater, start.LastId, start.WasClean), Is.EqualTo((1L, 25L, 22L, true)));
        Assert.That((start.Floor, start.UncleanThrough), Is.EqualTo((0L, 0L)));
        var topics = start.Topics.OrderBy(topic => topic.Name[0]).ToList();
        Assert.That(topics.Select(topic => topic.Name), Is.EqualTo(new[] { "a"u8.ToArray(), "b"u8.ToArray() }));
        Assert.That((topics[0].FirstId, topics[0].LastId, topics[0].Count), Is.EqualTo((20L, 22L, 2L)));
        Assert.That((topics[0].Bytes, topics[0].LostThrough), Is.EqualTo((bytes, 0L)));
    }

    [Test]
    public void Store_that_was_not_closed_knows_up_to_which_id_events_may_be_lost()
    {
        using (var store = NewStore()) store.Open(1, 500);
        using (var store = NewStore())
        {
            var start = store.Open(600, 700);
            Assert.That((start.WasClean, start.HighWater, start.UncleanThrough), Is.EqualTo((false, 500L, 500L)));
            store.Close(650);
        }

        using var last = NewStore();
        var again = last.Open(800, 900);

        Assert.That((again.WasClean, again.HighWater, again.UncleanThrough), Is.EqualTo((true, 650L, 500L)));
    }

    [Test]
    public void Mark_stays_when_the_clock_was_set_back()
    {
        using (var store = NewStore()) store.Open(1000, 2000);
        using (var store = NewStore()) Assert.That(store.Open(10, 20).HighWater, Is.EqualTo(2000));
        using var last = NewStore();

        Assert.That(last.Open(10, 20).HighWater, Is.EqualTo(2001),
            "The second life began above the mark, and subscribers were greeted with that id.");
    }

    [Test]
    public void Commit_without_events_raises_the_mark()
    {
        using (var store = NewStore())
        {
            store.Open(1, 10);
            store.Commit(new StoreCommit { HighWater = 99 });
        }

        using var again = NewStore();
        var start = again.Open(20, 30);

        Assert.That((start.HighWater, start.LastId), Is.EqualTo((99L, 0L)));
    }

    [Test]
    public void Publisher_id_is_found_in_all_topics_lowest_event_first_until_its_event_is_trimmed()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, new("b", 1, "x", "same"), new("b", 2, "x", "other"), new("a", 3, "x", "same"), new("a", 4, "x"));

        Assert.That(Locations(store, "same"), Is.EqualTo(new[] { ("b", 1L), ("a", 3L) }));
        Assert.That(Locations(store, "unknown"), Is.Empty);

        StoreEvents.Trim(store, "b", new(2, 2));

        Assert.That(Locations(store, "same"), Is.EqualTo(new[] { ("a", 3L) }));
        Assert.That(Locations(store, "other"), Is.Empty);
    }

    [Test]
    public void Trim_deletes_the_oldest_events_and_the_totals_follow()
    {
        using (var store = OpenStore())
        {
            for (var i = 1; i <= 400; i++) StoreEvents.Commit(store, new StoredEvent("t", i, "x"));
            var plan = store.PlanTrim("t"u8, new StoreBounds(100, long.MaxValue, 0));
            Assert.That(plan.Through, Is.InRange(1, 300));
            Assert.That(plan, Is.EqualTo(new StoreTrim(plan.Through, plan.Through)));
            StoreEvents.TrimTo(store, "t", new StoreBounds(100, long.MaxValue, 0));

            using var reader = store.OpenReader();
            Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t")), Is.EqualTo(Enumerable.Range(301, 100)));
            store.Close(400);
        }

        using var again = NewStore();
        var topic = again.Open(500, 600).Topics.Single();

        Assert.That((topic.FirstId, topic.Count, topic.LostThrough), Is.EqualTo((301L, 100L, 300L)));
    }

    [TestCase(1000, long.MaxValue, 0, 0)]
    [TestCase(3, long.MaxValue, 0, 1)]
    [TestCase(1, long.MaxValue, 0, 3)]
    [TestCase(1000, long.MaxValue, 3, 2)]
    [TestCase(1000, long.MaxValue, 100, 4)]
    [TestCase(1000, 1, 0, 3)]
    public void Plan_keeps_to_the_tightest_bound_and_bytes_never_trim_the_newest(long maxEvents, long maxBytes, long firstId, long through)
    {
        using var store = OpenStore();
        for (var i = 1; i <= 4; i++) StoreEvents.Commit(store, new StoredEvent("t", i, "x"));

        Assert.That(store.PlanTrim("t"u8, new StoreBounds(maxEvents, maxBytes, firstId)), Is.EqualTo(new StoreTrim(through, through)));
        Assert.That(store.PlanTrim("unknown"u8, new StoreBounds(maxEvents, maxBytes, firstId)), Is.EqualTo(default(StoreTrim)));
    }

    [Test]
    public void Removed_topic_leaves_the_floor()
    {
        using (var store = OpenStore())
        {
            StoreEvents.Commit(store, new StoredEvent("gone", 5, "x"), new("stays", 6, "x"));
            StoreEvents.Trim(store, "gone", new(5, 5));
            store.RemoveTopic("gone"u8);
            store.RemoveTopic("never was"u8);
            StoreEvents.Commit(store, new StoredEvent("stays", 7, "x"));
            store.Close(7);
        }

        using var again = NewStore();
        var start = again.Open(10, 20);

        Assert.That(start.Floor, Is.EqualTo(5));
        Assert.That(start.Topics.Select(topic => (topic.FirstId, topic.Count)), Is.EqualTo(new[] { (6L, 2L) }));
    }

    [Test]
    public void Topic_that_comes_back_after_its_removal_begins_at_the_floor()
    {
        using (var store = OpenStore())
        {
            StoreEvents.Commit(store, new StoredEvent("t", 5, "x"));
            StoreEvents.Trim(store, "t", new(5, 5));
            store.RemoveTopic("t"u8);
            StoreEvents.Commit(store, new StoredEvent("t", 9, "x"));
            store.Close(9);
        }

        using var again = NewStore();
        var topic = again.Open(10, 20).Topics.Single();

        Assert.That((topic.FirstId, topic.LostThrough), Is.EqualTo((9L, 5L)));
    }

    [Test]
    public void Digest_is_found_with_its_publisher_id_after_a_restart()
    {
        using (var store = OpenStore())
        {
            StoreEvents.Commit(store,
                new StoredEvent("a", 1, "x", "same") { Digest = long.MinValue },
                new StoredEvent("b", 2, "x", "same") { Digest = long.MaxValue });
            store.Close(2);
        }

        using var again = OpenStore();
        var locations = new List<StoredLocation>();
        again.FindPublisherId("same"u8, locations);
        Assert.That(locations.Select(location => location.Digest), Is.EqualTo(new[] { long.MinValue, long.MaxValue }));
    }

    protected IEventStore OpenStore()
    {
        var store = NewStore();
        store.Open(1, LeaseEnd);
        return store;
    }

    private static List<(string, long)> Locations(IEventStore store, string publisherId)
    {
        var locations = new List<StoredLocation>();
        store.FindPublisherId(StoreEvents.Utf8(publisherId), locations);
        return [.. locations.Select(location => (System.Text.Encoding.UTF8.GetString(location.Topic), location.Id))];
    }
}
