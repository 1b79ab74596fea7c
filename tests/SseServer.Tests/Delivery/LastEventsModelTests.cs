using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Log;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// The last events of random selections of random histories, in memory and in a store: they are the end of what a stream from the oldest
/// event on is sent.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LastEventsModelTests
{
    private static readonly string[][] Selections =
    [
        ["a"], ["b"], ["a", "b"], ["*"], ["x/*", "a"], ["**"], ["a", "*", "**"], ["c", "x/1"], ["none"], ["none", "x/**"],
    ];

    [TestCase(1, false, 0)]
    [TestCase(2, false, 0)]
    [TestCase(3, false, 60)]
    [TestCase(4, false, 60)]
    [TestCase(5, true, 0)]
    [TestCase(6, true, 0)]
    [TestCase(7, true, 60)]
    [TestCase(8, true, 60)]
    public void Last_events_are_the_end_of_all(int seed, bool isStored, int retained)
    {
        var options = HubOptions.Default with
        {
            Shards = 1,
            HeartbeatInterval = TimeSpan.FromHours(1),
            MaxHistoryBytes = isStored ? 16 * 1024 : HubOptions.Default.MaxHistoryBytes,
        };
        if (retained > 0) options = options with { Retention = new TopicRetention { MaxEvents = retained } };
        using var store = new MemoryEventStore();
        using var hub = new TestHub(options, store: isStored ? store : null);
        var random = new Random(seed);
        for (var round = 0; round < 4; round++)
        {
            PublishSome(hub, random);
            foreach (var selection in Selections) Compare(hub, random, selection);
        }

        if (isStored) Assert.That(store.PagesRead, Is.GreaterThan(0));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Search_does_not_depend_on_how_far_apart_events_are(bool isStored)
    {
        using var store = new MemoryEventStore();
        using var hub = new TestHub(
            HubOptions.Default with { Shards = 1, MaxHistoryBytes = isStored ? 4096 : 1 << 20 }, store: isStored ? store : null);
        for (var i = 0; i < 40; i++)
        {
            hub.Publish("a", $"{i}");
            hub.Time.Advance(TimeSpan.FromMinutes(i % 10 == 9 ? 60 : 0));
        }

        hub.PublishRange("other", 1, 200);
        for (var count = 1; count <= 45; count += 4)
        {
            var subscription = hub.Subscribe(ResumePoint.Last(count), "a");
            subscription.WaitForData([.. Enumerable.Range(0, 40).TakeLast(count).Select(i => $"{i}")]);
        }
    }

    [TestCase(3)]
    [TestCase(70)]
    [TestCase(200)]
    public void Search_in_a_store_cuts_a_stretch_with_many_events(int count)
    {
        using var store = new MemoryEventStore { PageEvents = 1 };
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 4096 }, store: store);
        hub.PublishRange("a", 1, 500);
        Assert.That(hub.Topic("a").Marks.MemoryStart.Value, Is.GreaterThan(0));
        hub.PublishRange("other", 1, 200);
        var subscription = hub.Subscribe(ResumePoint.Last(count), "a");
        subscription.WaitForData([.. Enumerable.Range(1, 500).TakeLast(count).Select(i => $"a {i}")]);
    }

    [Test]
    public void Stream_whose_search_fails_ends_and_keeps_no_resume_point()
    {
        using var store = new MemoryEventStore();
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 4096 }, store: store);
        hub.PublishRange("a", 1, 200);
        store.ReadFailure = StoreFailure.Unavailable;
        var subscription = hub.Subscribe(ResumePoint.Last(190), "a");
        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Stream.LastEventId, Is.Null, "the client comes back and asks for the last events again");
        store.ReadFailure = null;
        var again = hub.Subscribe(ResumePoint.Last(190), "a");
        again.WaitForData([.. Enumerable.Range(11, 190).Select(i => $"a {i}")]);
    }

    [Test]
    public void Search_for_a_rare_type_ends_at_its_bound()
    {
        using var hub = new TestHub(HubOptions.Default with
        {
            Shards = 1,
            Retention = new TopicRetention { MaxEvents = 1_000_000, MaxBytes = 1 << 30 },
            MaxHistoryBytes = 1 << 30,
        });
        hub.Publish("a", "too far", name: "rare");
        var batch = new SseServer.Publishing.PublishBatch();
        for (var i = 0; i < MemoryTail.MaxExcluded; i++) TestHub.Add(batch, "a", "x"u8);
        hub.Publish(batch);
        hub.Publish("a", "near", name: "rare");
        EventFilter.TryCreate(["rare"u8.ToArray()], out var filter, out _);
        var subscription = hub.Join(new RecordingSubscription { Filter = filter }, ResumePoint.Last(2), "a");
        subscription.WaitForData("near");
    }

    private static void PublishSome(TestHub hub, Random random)
    {
        string[] topics = ["a", "b", "c", "x/1", "x/2"];
        for (var i = random.Next(150); i > 0; i--)
        {
            var topic = topics[random.Next(topics.Length)];
            var key = random.Next(3) == 0 ? $"k{random.Next(4)}" : null;
            hub.Publish(topic, $"{topic} {random.Next()}", id: random.Next(5) == 0 ? $"own-{random.Next()}" : null,
                name: random.Next(3) == 0 ? "typed" : null, key: key);
            if (random.Next(10) == 0) hub.Time.Advance(TimeSpan.FromMilliseconds(random.Next(5000)));
        }
    }

    private static void Compare(TestHub hub, Random random, string[] selection)
    {
        EventFilter? filter = null;
        if (random.Next(3) == 0) EventFilter.TryCreate(["typed"u8.ToArray()], out filter, out _);
        var all = Read(hub, ResumePoint.Oldest, filter, selection);
        foreach (var count in new[] { 1, 2, random.Next(1, 60), all.Length, all.Length + 1, 1000 })
        {
            if (count == 0) continue;
            var last = Read(hub, ResumePoint.Last(count), filter, selection);
            Assert.That(last, Is.EqualTo(all.TakeLast(count)), $"{count} of {string.Join(' ', selection)}");
        }
    }

    private static string[] Read(TestHub hub, ResumePoint start, EventFilter? filter, string[] selection)
    {
        var subscription = hub.Join(new RecordingSubscription { Filter = filter }, start, selection);
        subscription.PeerFinished();
        Eventually.True(() => subscription.Ending is not null);
        return subscription.Data;
    }
}
