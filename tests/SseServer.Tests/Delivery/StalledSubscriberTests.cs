using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// The rule: a subscriber never costs another one anything. Stalled subscribers take no history from others, and a byte bound evicts
/// nothing that a live subscriber has yet to be handed.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StalledSubscriberTests
{
    private static readonly HubOptions OneMegabyte = HubOptions.Default with { Shards = 1, MaxHistoryBytes = 1_000_000 };

    // Topic "a" retains only its last event.
    private static readonly HubOptions ShortTopic = OneMegabyte with
    {
        Rules = [new(TestHub.Select("a"),
        new TopicRetention { MaxEvents = 1 }, Durability.Sync)]
    };

    [TestCase(1)]
    [TestCase(100)]
    public void Subscribers_stalled_in_one_large_event_pin_it_once_and_take_no_history(int stalled)
    {
        using var hub = new TestHub(ShortTopic);
        Stall(hub, stalled, new string('x', 400_000));
        hub.Publish("a", "the large one is dropped");
        var healthy = hub.SubscribeLive("b");

        for (var i = 0; i < 3000; i++)
        {
            hub.Publish("b", new string('x', 1000));
            if (i % 100 == 0) TestHub.Settle(healthy);
        }

        healthy.WaitForCount(3000);
        Assert.Multiple(() =>
        {
            Assert.That(healthy.Stream.Gaps, Is.Empty);
            Assert.That(hub.Hub.HistoryBytes, Is.InRange(900_000, 1_000_000));
            Assert.That(hub.Hub.FanOut.Pinned.Bytes, Is.InRange(400_000, 410_000));
        });
    }

    [Test]
    public void History_is_the_same_with_stalled_subscribers_as_without([Range(1, 6)] int seed, [Values] bool isStored)
    {
        Assert.That(Retained(seed, isStored, withSubscribers: true), Is.EqualTo(Retained(seed, isStored, withSubscribers: false)));
    }

    [Test]
    public void Memory_that_is_no_longer_pinned_is_no_longer_counted()
    {
        using var hub = new TestHub(ShortTopic);
        var stalled = Stall(hub, 10, new string('x', 400_000));
        Assert.That(hub.Hub.FanOut.Pinned.Bytes, Is.Zero, "It is in history.");
        hub.Publish("a", "the large one is dropped");
        Assert.That(hub.Hub.FanOut.Pinned.Bytes, Is.GreaterThan(400_000));

        foreach (var subscription in stalled[..5]) subscription.Connection.Take(int.MaxValue);
        foreach (var subscription in stalled[..5]) subscription.WaitForData(new string('x', 400_000), "the large one is dropped");
        foreach (var subscription in stalled[5..]) subscription.Connection.Break();

        Eventually.True(() => hub.Hub.FanOut.Pinned.Bytes == 0);
        Assert.That(hub.Hub.FanOut.Count().Cut, Is.Zero, "One event larger than the bound can be delivered.");
    }

    [Test]
    public void Over_the_bound_those_are_cut_that_pin_dropped_history_for_longest()
    {
        using var hub = new TestHub(ShortTopic with { MaxHistoryBytes = 1_200_000 });
        var stalled = new List<RecordingSubscription>();
        for (var i = 0; i < 10; i++) stalled.AddRange(Stall(hub, 2, new string('x', 50_000)));

        hub.Publish("a", "all of them are dropped now");

        // An eighth of that is room for two.
        foreach (var subscription in stalled[..16]) subscription.WaitForEnd(StreamEnding.Broken);
        Assert.That(hub.Hub.FanOut.Pinned.Bytes, Is.LessThanOrEqualTo(150_000));
        foreach (var subscription in stalled[16..])
        {
            subscription.Connection.Take(int.MaxValue);
            subscription.WaitForCount(1);
        }

        Assert.That(hub.Hub.FanOut.Count().Cut, Is.EqualTo(16));
    }

    [Test]
    public void Pages_of_stalled_replays_are_bounded_too()
    {
        using var store = new MemoryEventStore();
        using var hub = new TestHub(OneMegabyte with { MaxHistoryBytes = 160_000 }, store: store);
        hub.Publish("a", new string('x', 100_000));
        hub.Publish("b", new string('x', 200_000));
        hub.Publish("b", new string('x', 200_000));
        Assert.That(hub.Topic("a").Count, Is.Zero, "It is in the store alone.");

        var stalled = new List<RecordingSubscription>();
        for (var i = 0; i < 20; i++)
        {
            var subscription = new RecordingSubscription();
            subscription.Connection.Take(20_000);
            stalled.Add(hub.Join(subscription, ResumePoint.Oldest, "a"));
            Eventually.True(() => subscription.Connection.IsPending);
        }

        foreach (var subscription in stalled[..^1]) subscription.WaitForEnd(StreamEnding.Broken);
        Eventually.True(() => hub.Hub.FanOut.Pinned.Bytes <= 110_000);
        stalled[^1].Connection.Take(int.MaxValue);
        stalled[^1].WaitForData(new string('x', 100_000));
    }

    [Test]
    public void A_just_appended_event_is_retained_for_a_subscriber_that_joins_now([Values(100, 20_000, 400_000)] int size)
    {
        using var hub = new TestHub(OneMegabyte with { MaxHistoryBytes = 50_000 });
        hub.PublishRange("b", 1, 500);

        for (var i = 0; i < 10; i++)
        {
            var before = hub.Hub.Head;
            hub.Publish($"t/{i % 3}", new string((char)('a' + i), size));
            hub.Subscribe(TestHub.After(before), $"t/{i % 3}").WaitForData(new string((char)('a' + i), size));
        }
    }

    [Test]
    public async Task Healthy_subscribers_get_no_gap_however_short_memory_is([Values("steady", "steady/*", "**")] string selector)
    {
        using var hub = new TestHub(HubOptions.Default with
        {
            Shards = 2,
            MaxHistoryBytes = 48 * 1024,
            TopicLinger = TimeSpan.FromSeconds(1)
        });
        var subscribers = Enumerable.Range(0, 3).Select(_ => hub.SubscribeLive(selector)).ToArray();
        var published = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < 1500; i++)
            {
                var (_, status) = hub.Begin(i % 3 == 0 ? selector == "steady" ? "steady" : "steady/one"
                    : $"other/{publisher}/{i}", new string('x', 400));
                Assert.That(await status, Is.EqualTo(HubStatus.Ok));
                if (i % 3 == 0 || selector == "**") Interlocked.Increment(ref published);
                if (i % 100 == 0) hub.Time.Advance(TimeSpan.FromSeconds(1));
            }
        })));

        foreach (var subscriber in subscribers)
        {
            subscriber.WaitForCount(published);
            Assert.That(subscriber.Stream.Gaps, Is.Empty);
        }
    }

    [TestCase("steady")]
    [TestCase("steady", "more")]
    [TestCase("*")]
    public async Task A_byte_bound_waits_for_what_live_subscribers_have_yet_to_be_handed(params string[] selectors)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 48 * 1024 });
        using var mayGoOn = new ManualResetEventSlim();
        var subscriber = hub.SubscribeLive(selectors);
        var plug = hub.SubscribeLive("other/plug");
        plug.Sending = () => mayGoOn.Wait(TimeSpan.FromSeconds(20));
        var plugged = Task.Run(() => hub.Publish("other/plug", "the shard is busy with this one"));
        Eventually.True(() => hub.Hub.Catalog.Topics.Find("other/plug"u8)!.Count == 1);

        var publishes = Enumerable.Range(0, 300).Select(i => hub.Begin("steady", $"{i} {new string('x', 400)}").Status).ToList();
        publishes.AddRange(Enumerable.Range(0, 300).Select(i => hub.Begin($"other/{i}", new string('x', 400)).Status));

        Assert.That(publishes[^1].IsCompleted, Is.False, "Publishers wait for the subscriber.");
        mayGoOn.Set();
        await Task.WhenAll([plugged, .. publishes]);
        subscriber.WaitForCount(300);
        Assert.Multiple(() =>
        {
            Assert.That(subscriber.Data.Select(data => data.Split(' ')[0]), Is.EqualTo(Enumerable.Range(0, 300).Select(i => $"{i}")));
            Assert.That(subscriber.Stream.Gaps, Is.Empty);
            Assert.That(hub.Hub.HistoryBytes, Is.LessThanOrEqualTo(48 * 1024));
        });
    }

    [Test]
    public void A_subscriber_of_several_topics_that_is_behind_in_one_is_owed_the_others_too()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 64 * 1024 });
        var subscriber = hub.SubscribeLive("a", "b");
        var expected = new List<string>();

        for (var i = 0; i < 200; i++)
        {
            // More than a turn's worth, so that the subscriber is queued while the other topic has its turn.
            var batch = new PublishBatch();
            for (var j = 0; j < 40; j++) TestHub.Add(batch, "a", new byte[8000]);
            for (var j = 0; j < 10; j++) TestHub.Add(batch, "b", System.Text.Encoding.UTF8.GetBytes($"{i} {j}"));
            for (var j = 0; j < 10; j++) expected.Add($"{i} {j}");
            Assert.That(hub.Hub.PublishAsync(batch).AsTask().GetAwaiter().GetResult(), Is.EqualTo(HubStatus.Ok));
        }

        subscriber.WaitForCount(200 * 50);
        Assert.That(subscriber.Data.Where(data => data[0] != '\0'), Is.EqualTo(expected));
        Assert.That(subscriber.Stream.Gaps, Is.Empty);
    }

    // Subscriptions that take the beginning of an event of topic "a", and no more.
    private static RecordingSubscription[] Stall(TestHub hub, int count, string data)
    {
        var stalled = Enumerable.Range(0, count).Select(_ => hub.SubscribeLive("a")).ToArray();
        foreach (var subscription in stalled) subscription.Connection.Take(1000);
        hub.Publish("a", data);
        foreach (var subscription in stalled) subscription.WaitUntilBlocked();
        return stalled;
    }

    // What memory retains of each topic after random publishes, with or without stalled subscribers.
    private static int[] Retained(int seed, bool isStored, bool withSubscribers)
    {
        var random = new Random(seed);
        using var store = isStored ? new MemoryEventStore() : null;
        using var hub = new TestHub(OneMegabyte with { Retention = new() { MaxEvents = random.Next(20, 200) } }, store: store);
        for (var i = 0; i < 300; i++)
        {
            var topic = $"t/{random.Next(5)}";
            var data = new string('x', random.Next(4) == 0 ? random.Next(200_000) : random.Next(500));
            if (withSubscribers && i % 5 == 0)
            {
                var subscriber = hub.SubscribeLive(i % 2 == 0 ? topic : "t/*");
                subscriber.Connection.Take(100);
            }

            hub.Publish(topic, data);
        }

        return [.. Enumerable.Range(0, 5).Select(i => hub.Topic($"t/{i}").Count)];
    }
}
