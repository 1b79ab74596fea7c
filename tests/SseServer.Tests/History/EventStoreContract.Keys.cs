using SseServer.History;
using SseServer.Tests.History.Support;

using SseServer.Tests.Support;

namespace SseServer.Tests.History;

// Events with keys, and topics that end.
internal abstract partial class EventStoreContract
{
    private static readonly StoreBounds KeepsOne = new(1, long.MaxValue, 0);

    [Test]
    public void Latest_is_the_newest_event_of_each_key_in_id_order()
    {
        using var store = OpenStore();
        StoreEvents.Commit(
            store, Keyed("t", 1, "a"), Keyed("t", 2, "b"), new("t", 3, "no key"), Keyed("t", 4, "a"), Keyed("other", 5, "a"));
        StoreEvents.Commit(store, Keyed("t", 6, "c"), Keyed("t", 7, "c"));

        Assert.That(Latest(store, "t"), Is.EqualTo(new long[] { 2, 4, 7 }));
        Assert.That(Latest(store, "other"), Is.EqualTo(new long[] { 5 }));
        Assert.That(Latest(store, "*"), Is.EqualTo(new long[] { 2, 4, 5, 7 }));
        Assert.That(Latest(store, "*", "t"), Is.EqualTo(new long[] { 2, 4, 5, 7 }));
        Assert.That(Latest(store, "nothing", "none/*"), Is.Empty);
        Assert.That(All(store, "t"), Is.EqualTo(new long[] { 1, 2, 3, 4, 6, 7 }), "A replay is complete.");
    }

    [Test]
    public void Latest_keeps_to_a_beginning_an_end_and_the_page()
    {
        using var store = OpenStore();
        for (var i = 1; i <= 300; i++) StoreEvents.Commit(store, Keyed(i % 3 == 0 ? "a" : "b", i, $"k{i % 100}"));
        using var reader = store.OpenReader();
        var selection = StoreEvents.Select("a", "b") with { LatestOnly = true };

        Assert.That(
            StoreEvents.ReadIds(reader, selection, after: 150, through: 260, capacity: 200),
            Is.EqualTo(Enumerable.Range(151, 110).Where(IsLatest)));
        Assert.That(StoreEvents.ReadIds(reader, selection, after: 300), Is.Empty);

        // Every third event is of topic a, and there are 100 keys: after 300 events, each topic has had all keys.
        static bool IsLatest(int i)
            => !Enumerable.Range(i + 1, 300 - i).Any(later => later % 100 == i % 100 && later % 3 == 0 == (i % 3 == 0));
    }

    [Test]
    public void Latest_event_comes_whole()
    {
        using var store = OpenStore();
        StoredEvent[] events =
            [Keyed("t", 1, "k") with { Data = "old" }, Keyed("t", 2, "k") with { PublisherId = "p", Data = "two\nlines" }];
        StoreEvents.Commit(store, events);
        using var reader = store.OpenReader();

        var read = StoreEvents.Read(reader, StoreEvents.Select("t") with { LatestOnly = true }).Single();

        Assert.That(read.Frame, Is.EqualTo(StoreEvents.Frame(events[1], out var prefixLength)));
        Assert.That(read.PrefixLength, Is.EqualTo(prefixLength));
    }

    [Test]
    public void Newest_of_each_key_outlives_the_bounds_and_what_it_superseded_is_no_loss()
    {
        using (var store = OpenStore())
        {
            StoreEvents.Commit(store, Keyed("t", 1, "a"), Keyed("t", 2, "b"), Keyed("t", 3, "a"));
            StoreEvents.Commit(store, Keyed("t", 4, "c"));
            StoreEvents.Commit(store, Keyed("t", 5, "c"), Keyed("t", 6, "d"));
            var plan = store.PlanTrim("t"u8, new StoreBounds(2, long.MaxValue, 0));
            Assert.That(plan, Is.EqualTo(new StoreTrim(4, 0)));
            StoreEvents.Trim(store, "t", plan);

            Assert.That(All(store, "t"), Is.EqualTo(new long[] { 2, 3, 5, 6 }));
            Assert.That(Latest(store, "t"), Is.EqualTo(new long[] { 2, 3, 5, 6 }));
            var next = store.PlanTrim("t"u8, new StoreBounds(2, long.MaxValue, 0));
            Assert.That(next, Is.EqualTo(default(StoreTrim)), "What is kept does not count for the bounds.");
            Close(store, 6);
        }

        using var again = NewStore();
        var topic = Open(again, 10).Topics.Single();
        Assert.That((topic.TrimmedThrough, topic.LostThrough), Is.EqualTo((4L, 0L)));
        if (again is IOwnedStore) Assert.That((topic.FirstId, topic.Count, topic.Kept), Is.EqualTo((5L, 2L, 2L)));
        Assert.That(Latest(again, "t"), Is.EqualTo(new long[] { 2, 3, 5, 6 }));
    }

    [Test]
    public void Event_without_a_key_is_lost_when_it_is_trimmed()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, Keyed("t", 1, "a"), new("t", 2, "x"), Keyed("t", 3, "a"));
        StoreEvents.Commit(store, Keyed("t", 4, "b"));

        var plan = store.PlanTrim("t"u8, KeepsOne);
        StoreEvents.TrimTo(store, "t", KeepsOne);

        Assert.That(plan, Is.EqualTo(new StoreTrim(3, 2)));
        Assert.That(All(store, "t"), Is.EqualTo(new long[] { 3, 4 }));
    }

    [Test]
    public void Newest_of_each_key_is_lost_when_it_is_too_old()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, Keyed("t", 1, "a"), new("t", 2, "x"));
        StoreEvents.Commit(store, Keyed("t", 3, "b"), Keyed("t", 4, "c"));
        StoreEvents.Commit(store, new StoredEvent("t", 5, "x"));
        StoreEvents.TrimTo(store, "t", KeepsOne with { FirstId = 4 });
        Assert.That(All(store, "t"), Is.EqualTo(new long[] { 4, 5 }));
        Assert.That((store.HasEvents("t"u8), store.HasEvents("unknown"u8)), Is.EqualTo((true, false)));

        var plan = store.PlanTrim("t"u8, new StoreBounds(1000, long.MaxValue, 100));
        StoreEvents.TrimTo(store, "t", new StoreBounds(1000, long.MaxValue, 100));

        Assert.That(plan, Is.EqualTo(new StoreTrim(5, 5, 4)));
        Assert.That(store.HasEvents("t"u8), Is.False);
        StoreEvents.Commit(store, Keyed("t", 101, "a"));
        Assert.That(Latest(store, "t"), Is.EqualTo(new long[] { 101 }));
    }

    [Test]
    public void Keys_beyond_their_bound_are_lost_those_with_the_oldest_event_first()
    {
        using var store = OpenStore();
        for (var i = 1; i <= 10; i++) StoreEvents.Commit(store, Keyed("t", i, $"k{i}"));
        StoreEvents.Commit(store, Keyed("t", 11, "k1"));
        var bounds = KeepsOne with { MaxKeys = 4 };

        var plan = store.PlanTrim("t"u8, bounds);
        StoreEvents.Trim(store, "t", plan);

        Assert.That(plan, Is.EqualTo(new StoreTrim(10, 6, 6)));
        Assert.That(All(store, "t"), Is.EqualTo(new long[] { 7, 8, 9, 10, 11 }));
        Assert.That(Latest(store, "t"), Is.EqualTo(new long[] { 7, 8, 9, 10, 11 }));
        Assert.That(store.PlanTrim("t"u8, bounds), Is.EqualTo(default(StoreTrim)));
        var lowered = store.PlanTrim("t"u8, bounds with { MaxKeys = 1 });
        Assert.That(lowered, Is.EqualTo(new StoreTrim(10, 9, 9)), "A lowered bound applies at once.");
    }

    [Test]
    public void Key_that_was_deleted_can_come_again()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, Keyed("t", 1, "a"));
        StoreEvents.Commit(store, Keyed("t", 2, "b"));
        StoreEvents.TrimTo(store, "t", KeepsOne with { MaxKeys = 0 });
        Assert.That(Latest(store, "t"), Is.EqualTo(new long[] { 2 }));

        StoreEvents.Commit(store, Keyed("t", 3, "a"));

        Assert.That(Latest(store, "t"), Is.EqualTo(new long[] { 2, 3 }));
    }

    [Test]
    public void Publisher_id_of_a_kept_event_is_kept_and_those_around_it_are_deleted()
    {
        using var store = OpenStore();
        StoreEvents.Commit(
            store,
            Keyed("t", 1, "a") with { PublisherId = "p1" },
            Keyed("t", 2, "b") with { PublisherId = "p2" },
            Keyed("t", 3, "a") with { PublisherId = "p3" });
        StoreEvents.Commit(store, new StoredEvent("t", 4, "x"));
        StoreEvents.TrimTo(store, "t", KeepsOne);

        Assert.That(Locations(store, "p1"), Is.Empty);
        Assert.That(Locations(store, "p2"), Is.EqualTo(new[] { ("t", 2L) }));
        Assert.That(Locations(store, "p3"), Is.EqualTo(new[] { ("t", 3L) }));
    }

    [Test]
    public void Ended_topic_comes_back_as_ended_also_when_its_events_are_gone()
    {
        using (var store = OpenStore())
        {
            StoreEvents.Commit(store, new("job/1", 1, "x"), new("job/1", 2, "done") { IsFinal = true }, new("job/2", 3, "x"));
            Assert.That(Latest(store, "job/*"), Is.EqualTo(new long[] { 2 }), "A subscriber to the newest events gets the end, too.");
            using var reader = store.OpenReader();
            var page = new StoredPage();
            reader.Read(StoreEvents.Select("job/1"), 0, 10, page);
            Assert.That(page.Entries.Take(page.Count).Select(entry => entry.IsFinal), Is.EqualTo(new[] { false, true }));
            Close(store, 3);
        }

        using (var store = NewStore())
        {
            var topics = Open(store, 10).Topics.OrderBy(topic => topic.LastId);
            Assert.That(topics.Select(topic => topic.EndId), Is.EqualTo(new[] { 2L, 0L }));
            StoreEvents.TrimTo(store, "job/1", new StoreBounds(100, long.MaxValue, 3));
            Assert.That(store.HasEvents("job/1"u8), Is.False);
            Assert.That(Latest(store, "job/*"), Is.Empty);
            Close(store, 20);
        }

        using var again = NewStore();
        Assert.That(Open(again, 30).Topics.Select(topic => topic.EndId), Does.Contain(2L));
    }

    [Test]
    public void Ended_topic_keeps_no_keys_once_they_are_too_old()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, Keyed("t", 1, "a"), Keyed("t", 2, "b"));
        StoreEvents.Commit(store, new StoredEvent("t", 3, "done") { IsFinal = true });
        StoreEvents.TrimTo(store, "t", KeepsOne);
        Assert.That(Latest(store, "t"), Is.EqualTo(new long[] { 1, 2, 3 }));

        StoreEvents.TrimTo(store, "t", new StoreBounds(100, long.MaxValue, 4));

        Assert.That(All(store, "t"), Is.Empty);
        Assert.DoesNotThrow(() => store.RemoveTopic("t"u8));
    }

    [TestCaseSource(typeof(Scale), nameof(Scale.Seeds))]
    public void Newest_of_each_kept_key_survives_commits_trims_and_restarts(int seed)
    {
        var random = new Random(seed);
        var model = new KeyedModel();
        var store = OpenStore();
        try
        {
            for (var round = 0; round < 40; round++)
            {
                StoreEvents.Commit(store, model.Publish(random));
                if (random.Next(2) == 0) TrimKeyed(store, random, model);
                if (random.Next(8) == 0)
                {
                    store.Dispose();
                    store = NewStore();
                    model.Check(Open(store).Topics, isCounted: store is IOwnedStore);
                }

                using var reader = store.OpenReader();
                model.Check(reader, random);
            }

            Sound();
        }
        finally
        {
            store.Dispose();
        }
    }

    /// <summary>Checks the store with its own tool, if it has one.</summary>
    protected virtual void Sound()
    {
    }

    private static StoredEvent Keyed(string topic, long id, string key) => new(topic, id, $"{key} {id}") { Key = key };

    private static List<long> All(IEventStore store, params string[] selectors)
    {
        using var reader = store.OpenReader();
        return StoreEvents.ReadIds(reader, StoreEvents.Select(selectors), capacity: 100);
    }

    private static List<long> Latest(IEventStore store, params string[] selectors)
    {
        using var reader = store.OpenReader();
        return StoreEvents.ReadIds(reader, StoreEvents.Select(selectors) with { LatestOnly = true }, capacity: 100);
    }

    private static void TrimKeyed(IEventStore store, Random random, KeyedModel model)
    {
        var topic = KeyedModel.Topic(random);
        var bounds = new StoreBounds(
            random.Next(1, 300),
            long.MaxValue,
            FirstId: random.Next(6) == 0 ? model.LastId : 0,
            MaxKeys: random.Next(3) == 0 ? random.Next(40) : long.MaxValue);
        var plan = store.PlanTrim(StoreEvents.Utf8(topic), bounds);
        model.Trim(topic, plan, bounds);
        if (random.Next(4) != 0) StoreEvents.Trim(store, topic, plan);
        // Events are also committed between two steps.
        else if (store.Trim(StoreEvents.Utf8(topic), plan))
        {
            StoreEvents.Commit(store, model.Publish(random));
            StoreEvents.Trim(store, topic, plan);
        }
    }
}
