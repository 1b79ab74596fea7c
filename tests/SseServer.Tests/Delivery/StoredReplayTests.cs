using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StoredReplayTests : IDisposable
{
    // Less than what the tests publish, so that it comes from the store.
    private static readonly HubOptions LittleMemory = HubOptions.Default with
    {
        Shards = 1,
        MaxHistoryBytes = 16 * 1024,
        HeartbeatInterval = TimeSpan.FromHours(1)
    };

    private readonly MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "a", "b")]
    [TestCase(true, "*")]
    [TestCase(false, "b", "*")]
    public void A_replay_begins_in_the_store_and_ends_in_memory(bool isChunked, params string[] selectors)
    {
        using var hub = new TestHub(LittleMemory, store: _store);
        var expected = new List<string>();
        for (var i = 0; i < 2000; i++)
        {
            var topic = i % 3 == 0 && selectors is not ["a"] ? "b" : "a";
            expected.Add($"{i}");
            hub.Publish(topic, $"{i}", id: i % 10 == 0 ? $"given-{i}" : null);
        }

        var subscription = hub.Join(new RecordingSubscription { IsChunked = isChunked }, ResumePoint.Oldest, selectors);
        subscription.WaitForCount(2000);
        hub.Publish("a", "live");

        subscription.WaitForData([.. expected, "live"]);
        Assert.That(_store.PagesRead, Is.GreaterThan(0));
    }

    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "a", "b")]
    [TestCase(true, "**")]
    public void A_slow_subscriber_falls_back_to_the_store_and_returns_to_memory_without_a_gap(bool isChunked, params string[] selectors)
    {
        using var hub = new TestHub(LittleMemory, store: _store);
        var subscription = hub.Join(new RecordingSubscription { IsChunked = isChunked }, ResumePoint.Head, selectors);
        Eventually.True(() => subscription.Stream.Blocks.Count == 1);
        TestHub.Settle(subscription);
        subscription.Connection.Take(10);
        hub.Publish("a", "0");
        subscription.WaitUntilBlocked();
        for (var i = 1; i <= 1000; i++) hub.Publish(i % 2 == 0 || selectors is ["a"] ? "a" : "b", $"{i}");
        Assert.That(hub.Topic("a").Marks.MemoryStart.Value, Is.GreaterThan(0));

        // Some at a time, so that it stops in the middle of pages and frames.
        for (var taken = 0; taken < 40; taken++)
        {
            subscription.Connection.Take(777);
            subscription.WaitUntilBlocked();
        }

        subscription.Connection.Take(int.MaxValue);
        subscription.WaitForCount(1001);
        hub.Publish("a", "live");

        subscription.WaitForData([.. Enumerable.Range(0, 1001).Select(i => $"{i}"), "live"]);
        Assert.That(subscription.Stream.Gaps, Is.Empty);
        TestHub.Settle(subscription);
        Assert.That(hub.Hub.FanOut.Count().Deliveries, Is.EqualTo(1002), "What comes from the store is counted too.");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Frames_larger_than_a_page_come_whole_even_if_the_subscriber_blocks_within_one(bool isChunked)
    {
        using var hub = new TestHub(LittleMemory, store: _store);
        string[] data = [.. Enumerable.Range(0, 12).Select(i => new string((char)('a' + i), i * 20_000))];
        foreach (var text in data) hub.Publish("a", text);
        hub.Publish("a", "end");
        var subscription = new RecordingSubscription { IsChunked = isChunked };
        subscription.Connection.Take(0);
        hub.Join(subscription, ResumePoint.Oldest, "a");

        for (var i = 0; i < 20; i++)
        {
            subscription.WaitUntilBlocked();
            subscription.Connection.Take(50_001);
        }

        subscription.Connection.Take(int.MaxValue);
        subscription.WaitForData([.. data, "end"]);
    }

    [Test]
    public void Many_replays_hold_few_pages()
    {
        const int Subscribers = 2000;
        using var hub = new TestHub(LittleMemory with { Shards = 2 }, store: _store);
        for (var i = 0; i < 100; i++) hub.Publish("a", new string('x', 1000));
        var subscriptions = new RecordingSubscription[Subscribers];

        for (var i = 0; i < Subscribers; i++)
        {
            subscriptions[i] = new RecordingSubscription();
            if (i % 2 == 0) subscriptions[i].Connection.Take(200);
            hub.Join(subscriptions[i], ResumePoint.Oldest, "a");
        }

        for (var i = 1; i < Subscribers; i += 2) subscriptions[i].WaitForCount(100);
        for (var i = 0; i < Subscribers; i += 2) subscriptions[i].WaitUntilBlocked();
        Assert.That(_store.PagesSeen, Is.LessThanOrEqualTo(StoreReaderPool.Pages));
    }

    [Test]
    public void Live_subscribers_and_publishers_do_not_wait_for_replays()
    {
        using var hub = new TestHub(LittleMemory, store: _store);
        hub.PublishRange("a", 1, 500);
        var live = hub.SubscribeLive("a");
        _store.ReadsMayPass.Reset();
        var replaying = hub.Subscribe(ResumePoint.Oldest, "a");
        Eventually.True(() => replaying.Stream.Blocks.Count == 1);

        // One by one: a live subscriber that falls behind so little memory has to read the store itself.
        for (var i = 1; i <= 20; i++)
        {
            hub.PublishRange("a", 500 + i, 500 + i);
            live.WaitForCount(i);
        }

        Assert.That(replaying.Data, Is.Empty);
        _store.ReadsMayPass.Set();
        replaying.WaitForData([.. Enumerable.Range(1, 520).Select(i => $"a {i}")]);
    }

    [Test]
    public void A_subscription_that_ends_while_its_page_is_read_loses_no_page()
    {
        using var hub = new TestHub(LittleMemory, store: _store);
        hub.PublishRange("a", 1, 500);

        for (var round = 0; round < StoreReaderPool.Pages; round++)
        {
            _store.ReadsMayPass.Reset();
            var subscriptions = Enumerable.Range(0, 5).Select(_ => hub.Subscribe(ResumePoint.Oldest, "a")).ToArray();
            Eventually.True(() => Array.TrueForAll(subscriptions, subscription => subscription.Replay is not null));
            for (var i = 0; i < subscriptions.Length; i++)
            {
                if (i % 2 == 0) subscriptions[i].PeerLost();
                else subscriptions[i].End(1000);
            }

            for (var i = 0; i < subscriptions.Length; i++)
                subscriptions[i].WaitForEnd(i % 2 == 0 ? StreamEnding.Broken : StreamEnding.Complete);
            _store.ReadsMayPass.Set();
        }

        hub.Subscribe(ResumePoint.Oldest, "a").WaitForCount(500);
    }

    [Test]
    public void A_subscriber_that_is_blocked_when_its_page_comes_gets_it_later()
    {
        using var hub = new TestHub(LittleMemory with { HeartbeatInterval = TimeSpan.FromSeconds(10) }, store: _store);
        hub.PublishRange("a", 1, 500);
        _store.ReadsMayPass.Reset();
        var subscription = hub.Subscribe(ResumePoint.Oldest, "a");
        Eventually.True(() => subscription.Replay is not null);
        subscription.Connection.Take(1);
        // A heartbeat that the connection does not take.
        Eventually.True(() =>
        {
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            return subscription.Connection.IsPending;
        });

        _store.ReadsMayPass.Set();
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForCount(500);
        subscription.Connection.Take(int.MaxValue);

        subscription.WaitForCount(500);
        Assert.That(subscription.Data, Is.EqualTo(Enumerable.Range(1, 500).Select(i => $"a {i}")));
    }

    [Test]
    public void A_stream_whose_history_cannot_be_read_ends_cleanly_with_a_reconnection_time()
    {
        using var hub = new TestHub(LittleMemory, store: _store);
        hub.PublishRange("a", 1, 500);
        var live = hub.SubscribeLive("a");
        _store.ReadFailure = StoreFailure.Corrupt;

        var subscription = hub.Subscribe(ResumePoint.Oldest, "a");

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Stream.Blocks[^1].Retry, Is.Not.Null);
        Assert.That(subscription.Stream.IsEnded, Is.True);
        hub.Publish("a", "live");
        live.WaitForData("live");
        _store.ReadFailure = null;
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForCount(501);
    }
}
