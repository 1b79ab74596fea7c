using SseServer.History;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History;

/// <summary>What every store does, whatever it keeps its events in.</summary>
internal abstract partial class EventStoreContract
{
    private const long LeaseEnd = 1_000_000_000;

    /// <summary>A store over the same events as the one before it, which is disposed.</summary>
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
        Assert.That((topics[0].FirstId, topics[0].LastId, topics[0].Count, topics[0].Bytes, topics[0].LostThrough), Is.EqualTo((20L, 22L, 2L, bytes, 0L)));
    }

    [Test]
    public void Store_that_was_not_closed_says_how_far_shown_ids_may_be_lost()
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
    public void Mark_stays_where_the_clock_stepped_back()
    {
        using (var store = NewStore()) store.Open(1000, 2000);
        using (var store = NewStore()) Assert.That(store.Open(10, 20).HighWater, Is.EqualTo(2000));
        using var last = NewStore();

        Assert.That(last.Open(10, 20).HighWater, Is.EqualTo(2001),
            "The second life began above the mark, and readers were greeted with that id.");
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
    public void Publisher_id_is_found_wherever_it_stands_lowest_first_until_its_event_goes()
    {
        using var store = OpenStore();
        StoreEvents.Commit(store, new("b", 1, "x", "same"), new("b", 2, "x", "other"), new("a", 3, "x", "same"), new("a", 4, "x"));

        Assert.That(Places(store, "same"), Is.EqualTo(new[] { ("b", 1L), ("a", 3L) }));
        Assert.That(Places(store, "nobody's"), Is.Empty);

        StoreEvents.Trim(store, "b", new(2, 2));

        Assert.That(Places(store, "same"), Is.EqualTo(new[] { ("a", 3L) }));
        Assert.That(Places(store, "other"), Is.Empty);
    }

    [Test]
    public void Trim_lets_the_oldest_go_and_the_totals_follow()
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
    public void Plan_keeps_to_the_tightest_bound_and_bytes_never_take_the_newest(long maxEvents, long maxBytes, long firstId, long through)
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

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void Any_selection_reads_exactly_what_is_stored_of_it(int seed)
    {
        var random = new Random(seed);
        var model = new List<StoredEvent>();
        var store = OpenStore();
        try
        {
            for (var round = 0; round < 12; round++)
            {
                Publish(store, random, model);
                if (round % 3 == 2) TrimSome(store, random, model);
                if (round % 5 == 4)
                {
                    store.Dispose();
                    store = NewStore();
                    store.Open(1, LeaseEnd);
                }

                using var reader = store.OpenReader();
                for (var i = 0; i < 6; i++) ReadSome(reader, random, model);
            }
        }
        finally
        {
            store.Dispose();
        }
    }

    protected IEventStore OpenStore()
    {
        var store = NewStore();
        store.Open(1, LeaseEnd);
        return store;
    }

    private static List<(string, long)> Places(IEventStore store, string publisherId)
    {
        var places = new List<StoredLocation>();
        store.FindPublisherId(StoreEvents.Utf8(publisherId), places);
        return [.. places.Select(place => (System.Text.Encoding.UTF8.GetString(place.Topic), place.Id))];
    }

    // Names in three groups of very different sizes: a pattern's topics can be few among many, or many.
    private static string Topic(Random random) => random.Next(10) switch
    {
        0 => $"rare/{random.Next(2)}",
        < 4 => $"few/{random.Next(5)}",
        _ => $"many/{random.Next(150)}/x",
    };

    private static void Publish(IEventStore store, Random random, List<StoredEvent> model)
    {
        var id = model.Count == 0 ? 1 : model.Max(e => e.Id) + random.Next(1, 100);
        var events = new List<StoredEvent>();
        var oneTopic = random.Next(4) == 0 ? Topic(random) : null;
        for (var count = random.Next(1, 1500); count > 0; count--, id += random.Next(1, 4))
            events.Add(new(oneTopic ?? Topic(random), id, new string('d', random.Next(20) == 0 ? random.Next(20_000) : random.Next(200))));
        StoreEvents.Commit(store, events);
        model.AddRange(events);
    }

    private static void TrimSome(IEventStore store, Random random, List<StoredEvent> model)
    {
        foreach (var topic in model.Select(e => e.Topic).Distinct().Where(_ => random.Next(3) == 0).ToList())
        {
            var name = StoreEvents.Utf8(topic);
            var plan = store.PlanTrim(name, new StoreBounds(random.Next(1, 20), long.MaxValue, 0));
            StoreEvents.Trim(store, topic, plan);
            model.RemoveAll(e => e.Topic == topic && e.Id <= plan.Through);
        }
    }

    private static void ReadSome(IStoredEventReader reader, Random random, List<StoredEvent> model)
    {
        string[][] selections =
        [
            ["rare/0"], ["rare/*"], ["few/1", "few/3", "many/7/x"], ["**"], ["many/*/x", "rare/1"], ["few/**", "few/2"], ["nothing/*", "rare/0"],
            [.. Enumerable.Range(0, 100).Select(i => $"many/{i}/x")],
        ];
        var selectors = selections[random.Next(selections.Length)];
        var selection = StoreEvents.Select(selectors);
        var last = model.Count == 0 ? 0 : model.Max(e => e.Id);
        var (after, through) = (random.NextInt64(last + 1), random.Next(3) == 0 ? random.NextInt64(last + 1) : long.MaxValue);
        bool IsSelected(StoredEvent e) => selection.Topics.Any(name => name.AsSpan().SequenceEqual(StoreEvents.Utf8(e.Topic)))
            || selection.Patterns.Any(pattern => pattern.Matches(StoreEvents.Utf8(e.Topic)));

        var expected = model.Where(e => e.Id > after && e.Id <= through && IsSelected(e)).Select(e => e.Id).ToList();
        var read = StoreEvents.ReadIds(reader, selection, after, through, random.Next(2) == 0 ? 2_000 : 64 * 1024);

        Assert.That(read, Is.EqualTo(expected), $"{string.Join(", ", selectors[..1])} after {after} through {through}");
    }
}
