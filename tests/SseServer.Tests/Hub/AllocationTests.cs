using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub;

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
        // A thread that is held up at the wrong moment finds buffers that grow for what came meanwhile, once: the least of a few tries is what a delivery costs.
        var least = Enumerable.Range(0, 3)
            .Min(_ => Measure(FanOutShard.InlineSubscribers, isChunked, selectors) - Measure(readers: 0, isChunked, selectors));

        Assert.That(least, Is.LessThan(1000), "bytes in 4 * 2000 deliveries");
    }

    // What publishing allocates is the log itself. A few readers are served on the publisher's thread, so that their part can be told.
    private static long Measure(int readers, bool isChunked, string[] selectors)
    {
        using var hub = new TestHub();
        var subscriptions = new CountingSubscription[readers];
        for (var i = 0; i < readers; i++)
        {
            hub.Hold(subscriptions[i] = new CountingSubscription { IsChunked = isChunked }, ResumePoint.Head, selectors);
            EventHub.Join(subscriptions[i]);
        }

        Eventually.True(() => hub.Hub.Streams == readers);
        if (readers > 0) TestHub.Settle(subscriptions[0]);
        var batch = new PublishBatch();
        // As many at once as a send gathers: what the shard keeps for that has grown, should this thread be held up among the publishes that are measured.
        for (var i = 0; i < 2000; i++) TestHub.Add(batch, "a", "some data"u8);
        hub.Hub.PublishNow(batch);
        if (readers > 0) TestHub.Settle(subscriptions[0]);
        for (var i = 0; i < 100; i++) Publish(hub, batch);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 2000; i++) Publish(hub, batch);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // Several may go in one send.
        Eventually.True(() => hub.Hub.FanOut.Count().Deliveries == readers * 4100);
        return allocated;
    }

    private static void Publish(TestHub hub, PublishBatch batch)
    {
        batch.Clear();
        TestHub.Add(batch, "a", "some data"u8);
        hub.Hub.PublishNow(batch);
    }
}
