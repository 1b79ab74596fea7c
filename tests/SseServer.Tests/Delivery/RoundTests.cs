using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RoundTests
{
    [Test]
    public void Each_subscriber_gets_each_event_once_and_in_order_while_others_join_and_leave()
    {
        const int Events = 60;
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 }, TimeProvider.System);
        var random = new Random(23);
        var staying = Enumerable.Range(0, 1000).Select(_ => hub.Subscribe(ResumePoint.Head, "a")).ToArray();
        var leaving = Enumerable.Range(0, 600).Select(_ => hub.Subscribe(ResumePoint.Head, "a")).ToList();
        var came = new List<RecordingSubscription>();
        var gone = new List<RecordingSubscription>();
        Eventually.True(() => hub.Hub.Streams == 1600);

        for (var i = 0; i < Events; i++)
        {
            hub.Publish("a", $"{i}");
            for (var left = 0; left < 10; left++)
            {
                var index = random.Next(leaving.Count);
                leaving[index].PeerLost();
                gone.Add(leaving[index]);
                leaving.RemoveAt(index);
            }

            for (var j = 0; j < 5; j++) came.Add(hub.Subscribe(ResumePoint.Head, "a"));
        }

        var all = Enumerable.Range(0, Events).Select(i => $"{i}").ToArray();
        foreach (var subscription in staying) subscription.WaitForData(all);
        foreach (var subscription in gone)
        {
            subscription.WaitForEnd(StreamEnding.Broken);
            Assert.That(subscription.Data, Is.EqualTo(all[..subscription.Data.Length]));
        }

        hub.Publish("a", "end");
        foreach (var subscription in came)
        {
            Eventually.True(() => subscription.Data is [.., "end"]);
            Assert.That(subscription.Data[..^1], Is.EqualTo(all[^(subscription.Data.Length - 1)..]));
        }
    }

    [Test]
    public void A_blocked_subscriber_delays_no_other()
    {
        using var hub = new TestHub();
        var subscriptions = Enumerable.Range(0, 20).Select(_ => hub.SubscribeLive("a")).ToArray();
        subscriptions[7].Connection.Take(0);

        hub.PublishRange("a", 1, 500);

        foreach (var subscription in subscriptions)
            if (subscription != subscriptions[7]) subscription.WaitForCount(500);
        Assert.That(subscriptions[7].Data, Is.Empty);
    }

    [Test]
    public void A_subscriber_that_replays_delays_no_live_subscriber_and_gets_everything()
    {
        using var hub = new TestHub();
        var data = new string('x', 1000);
        for (var i = 0; i < 5000; i++) hub.Publish("a", data);
        var live = hub.SubscribeLive("a");

        var replaying = hub.Subscribe(ResumePoint.Oldest, "a");
        hub.Publish("a", "news");

        live.WaitForData("news");
        Eventually.True(() => replaying.Length > 5_000_000);
        replaying.WaitForCount(5001);
        Assert.That(replaying.Data[^1], Is.EqualTo("news"));
    }

    [Test]
    public void Waiting_for_subscribers_completes_at_once_if_there_are_none()
    {
        using var hub = new TestHub();
        var batch = new PublishBatch();
        for (var i = 0; i < 8000; i++) TestHub.Add(batch, "a", "x"u8);

        hub.Hub.PublishNow(batch);

        Assert.That(hub.Hub.WaitForSubscribersAsync(batch).AsTask().IsCompleted, Is.True);
    }

    [Test]
    public void Waiting_for_subscribers_lasts_while_a_live_subscriber_is_half_the_retention_behind()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 100 } });
        using var entered = new ManualResetEventSlim();
        using var proceed = new ManualResetEventSlim();
        // More than a publisher serves itself, which would delay it.
        var subscriptions = Enumerable.Range(0, FanOutShard.InlineSubscribers + 1).Select(_ => hub.SubscribeLive("a")).ToArray();
        subscriptions[2].Sending = () =>
        {
            entered.Set();
            proceed.Wait();
        };
        hub.Publish("a", "first");
        entered.Wait();

        var waits = new List<Task>();
        for (var i = 0; i < 60; i++)
        {
            var batch = new PublishBatch();
            TestHub.Add(batch, "a", "x"u8);
            hub.Hub.PublishNow(batch);
            waits.Add(hub.Hub.WaitForSubscribersAsync(batch).AsTask());
        }

        Assert.That(waits[40].IsCompleted, Is.True);
        Assert.That(waits[^1].IsCompleted, Is.False);
        proceed.Set();
        Eventually.True(() => waits.TrueForAll(wait => wait.IsCompletedSuccessfully));
        subscriptions[2].WaitForCount(61);
    }

    [Test]
    public void Waiting_for_subscribers_ends_though_more_was_published_while_a_round_was_blocked()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 100 } });
        using var entered = new ManualResetEventSlim();
        using var proceed = new ManualResetEventSlim();
        var subscriptions = Enumerable.Range(0, FanOutShard.InlineSubscribers + 1).Select(_ => hub.SubscribeLive("a")).ToArray();
        var sends = 0;
        subscriptions[2].Sending = () =>
        {
            // A turn is three sends of at most 64 KB, so this one comes after every subscriber was visited, and all of them want more
            // turns.
            if (++sends != 4) return;
            entered.Set();
            proceed.Wait();
        };
        PublishLarge(hub, 30);
        entered.Wait();

        var wait = hub.Hub.WaitForSubscribersAsync(PublishLarge(hub, 60)).AsTask();
        Assert.That(wait.IsCompleted, Is.False);
        proceed.Set();

        Eventually.True(() => wait.IsCompletedSuccessfully);
        foreach (var subscription in subscriptions) subscription.WaitForCount(90);
    }

    [TestCase("a")]
    [TestCase("a", "b")]
    [TestCase("*")]
    public void Waiting_for_subscribers_does_not_wait_for_a_blocked_one(params string[] selectors)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 100 } });
        var subscription = hub.SubscribeLive(selectors);
        subscription.Connection.Take(0);
        for (var i = 0; i < 10; i++)
        {
            var batch = new PublishBatch();
            for (var j = 0; j < 40; j++) TestHub.Add(batch, "a", "x"u8);
            hub.Hub.PublishNow(batch);
            Assert.That(hub.Hub.WaitForSubscribersAsync(batch).AsTask().Wait(TimeSpan.FromSeconds(20)), Is.True);
        }

        Assert.That(subscription.Connection.IsPending, Is.True);
    }

    [TestCase("a")]
    [TestCase("a", "b")]
    [TestCase("*")]
    public async Task A_publisher_that_waits_for_subscribers_gives_no_healthy_subscriber_a_gap(params string[] selectors)
    {
        const int Events = 10_000;
        using var hub = new TestHub(
            HubOptions.Default with { Shards = 2, Retention = new TopicRetention { MaxEvents = 200 } }, TimeProvider.System);
        var subscriptions = Enumerable.Range(0, 16).Select(_ => hub.SubscribeLive(selectors)).ToArray();
        var batch = new PublishBatch();

        for (var i = 0; i < Events; i++)
        {
            batch.Clear();
            TestHub.Add(batch, "a", "x"u8);
            hub.Hub.PublishNow(batch);
            await hub.Hub.WaitForSubscribersAsync(batch);
        }

        foreach (var subscription in subscriptions)
        {
            TestHub.Settle(subscription);
            subscription.WaitForCount(Events);
            Assert.That(subscription.Stream.Gaps, Is.Empty);
            Assert.That(subscription.Data, Has.Length.EqualTo(Events));
        }
    }

    private static PublishBatch PublishLarge(TestHub hub, int events)
    {
        var batch = new PublishBatch();
        var data = Encoding.ASCII.GetBytes(new string('x', 10_000));
        for (var i = 0; i < events; i++) TestHub.Add(batch, "a", data);
        hub.Hub.PublishNow(batch);
        return batch;
    }
}
