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
            Close(store, 400);
        }

        using var again = NewStore();
        var topic = Open(again, 500).Topics.Single();

        Assert.That((topic.LastId, topic.LostThrough), Is.EqualTo((400L, 300L)));
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
            Close(store, 7);
        }

        using var again = NewStore();
        var start = Open(again, 10);

        Assert.That(start.Floor, Is.EqualTo(5));
        Assert.That(start.Topics.Select(topic => (topic.Name, topic.LastId)), Is.EqualTo(new[] { ("stays"u8.ToArray(), 7L) }));
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
            Close(store, 9);
        }

        using var again = NewStore();
        var topic = Open(again, 10).Topics.Single();

        Assert.That((topic.LastId, topic.LostThrough), Is.EqualTo((9L, 5L)));
    }

    [Test]
    public void Digest_is_found_with_its_publisher_id_after_a_restart()
    {
        using (var store = OpenStore())
        {
            StoreEvents.Commit(store,
                new StoredEvent("a", 1, "x", "same") { Digest = long.MinValue },
                new StoredEvent("b", 2, "x", "same") { Digest = long.MaxValue });
            Close(store, 2);
        }

        using var again = OpenStore();
        var locations = new List<StoredLocation>();
        again.FindPublisherId("same"u8, locations);
        Assert.That(locations.Select(location => location.Digest), Is.EqualTo(new[] { long.MinValue, long.MaxValue }));
    }

    protected IEventStore OpenStore()
    {
        var store = NewStore();
        Open(store);
        return store;
    }

    /// <summary>Opens a store; one that is owned takes its first id from a clock that shows <paramref name="firstIdNow"/>.</summary>
    protected static StoreStart Open(IEventStore store, long firstIdNow = 1)
        => store is IOwnedStore owned ? owned.Open(firstIdNow, LeaseEnd) : ((ISharedStore)store).Open();

    /// <summary>Closes a store cleanly, if it needs that.</summary>
    protected static void Close(IEventStore store, long lastId)
    {
        if (store is IOwnedStore owned) owned.Close(lastId);
    }

    private static List<(string, long)> Locations(IEventStore store, string publisherId)
    {
        var locations = new List<StoredLocation>();
        store.FindPublisherId(StoreEvents.Utf8(publisherId), locations);
        return [.. locations.Select(location => (System.Text.Encoding.UTF8.GetString(location.Topic), location.Id))];
    }
}
