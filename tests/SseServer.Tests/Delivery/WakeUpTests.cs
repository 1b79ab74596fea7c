using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// Hunts for wake-ups that get lost between those who hand work to a shard and the shard that goes to sleep: each round needs one, so
/// that one that is lost stops the test.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class WakeUpTests
{
    [TestCase(1, 200_000)]
    [TestCase(FanOutShard.InlineSubscribers + 1, 60_000)]
    public void Each_publish_is_delivered_without_another_one(int subscribers, int rounds)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1 }, TimeProvider.System);
        var subscriptions = Join(hub, subscribers);
        var batch = new PublishBatch();
        for (var round = 1; round <= rounds; round++)
        {
            Publish(hub, batch, "a");
            foreach (var subscription in subscriptions) Await(subscription, round);
        }
    }

    [Test]
    public void Publishers_and_their_shard_hand_execution_over_without_losing_work()
    {
        const int Rounds = 30_000;
        using var hub = new TestHub(HubOptions.Default with { Shards = 1 }, TimeProvider.System);
        var names = new[] { "a", "b" };
        var publishers = Array.ConvertAll(names, name => new Thread(() =>
        {
            var subscription = new CountingSubscription();
            hub.Hold(subscription, ResumePoint.Head, name);
            EventHub.Join(subscription);
            var batch = new PublishBatch();
            TestHub.Settle(subscription);
            for (var round = 0; round < Rounds; round++)
            {
                var bytes = subscription.Bytes;
                Publish(hub, batch, name);
                if (!SpinWait.SpinUntil(() => subscription.Bytes > bytes, TimeSpan.FromSeconds(20))) return;
            }

            Interlocked.Increment(ref _finished);
        }));

        foreach (var publisher in publishers) publisher.Start();
        foreach (var publisher in publishers) publisher.Join();

        Assert.That(_finished, Is.EqualTo(2), "A publish was never delivered.");
    }

    [Test]
    public void Each_completed_write_is_followed_by_what_came_meanwhile()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1 }, TimeProvider.System);
        var subscription = hub.SubscribeLive("a");
        for (var round = 0; round < 20_000; round++)
        {
            subscription.Connection.Take(0);
            hub.Publish("a", "refused");
            hub.Publish("a", "later");
            subscription.WaitUntilBlocked();
            var sends = subscription.Connection.Sends;
            subscription.Connection.Take(int.MaxValue);
            var spin = new SpinWait();
            while (subscription.Connection.Sends == sends) SpinOrFail(ref spin);
        }
    }

    private int _finished;

    private static CountingSubscription[] Join(TestHub hub, int subscribers)
    {
        var subscriptions = new CountingSubscription[subscribers];
        for (var i = 0; i < subscribers; i++)
        {
            hub.Hold(subscriptions[i] = new CountingSubscription(), ResumePoint.Head, "a");
            EventHub.Join(subscriptions[i]);
        }

        Eventually.True(() => hub.Hub.Streams == subscribers);
        TestHub.Settle(subscriptions[0]);
        return subscriptions;
    }

    private static void Publish(TestHub hub, PublishBatch batch, string topic)
    {
        batch.Clear();
        TestHub.Add(batch, topic, "x"u8);
        hub.Hub.PublishNow(batch);
    }

    private static void Await(CountingSubscription subscription, int sends)
    {
        var spin = new SpinWait();
        while (subscription.Sends < sends) SpinOrFail(ref spin);
    }

    private static void SpinOrFail(ref SpinWait spin)
    {
        spin.SpinOnce(sleep1Threshold: -1);
        if (spin.Count > 20_000_000) Assert.Fail("A wake-up was lost.");
    }
}
