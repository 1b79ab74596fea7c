using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AllocationTests
{
    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "a", "b")]
    [TestCase(true, "c", "b", "a")]
    public void A_delivery_allocates_nothing(bool isChunked, params string[] selectors)
    {
        // If a thread is delayed at the wrong moment, buffers grow once for the events that arrived meanwhile. So the least of a few tries
        // is the cost of a delivery.
        var least = Enumerable.Range(0, 3)
            .Min(_ => Measure(FanOutShard.InlineSubscribers, isChunked, selectors) - Measure(subscribers: 0, isChunked, selectors));

        Assert.That(least, Is.LessThan(1000), "bytes in 4 * 2000 deliveries");
    }

    // What publishing allocates is the log itself. A few subscribers are served on the publisher's thread, so that their share can be
    // measured.
    private static long Measure(int subscribers, bool isChunked, string[] selectors)
    {
        using var hub = new TestHub();
        var subscriptions = new CountingSubscription[subscribers];
        for (var i = 0; i < subscribers; i++)
        {
            hub.Hold(subscriptions[i] = new CountingSubscription { IsChunked = isChunked }, ResumePoint.Head, selectors);
            EventHub.Join(subscriptions[i]);
        }

        Eventually.True(() => hub.Hub.Streams == subscribers);
        if (subscribers > 0) TestHub.Settle(subscriptions[0]);
        var batch = new PublishBatch();
        // As many at once as a send merges, so that the shard's buffers have grown already if this thread is delayed between the measured
        // publishes.
        for (var i = 0; i < 2000; i++) TestHub.Add(batch, "a", "some data"u8);
        hub.Hub.PublishNow(batch);
        if (subscribers > 0) TestHub.Settle(subscriptions[0]);
        for (var i = 0; i < 100; i++) Publish(hub, batch);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 2000; i++) Publish(hub, batch);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // Several may go in one send.
        Eventually.True(() => hub.Hub.FanOut.Count().Deliveries == subscribers * 4100);
        return allocated;
    }

    private static void Publish(TestHub hub, PublishBatch batch)
    {
        batch.Clear();
        TestHub.Add(batch, "a", "some data"u8);
        hub.Hub.PublishNow(batch);
    }
}
