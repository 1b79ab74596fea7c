using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ManySubscribersTests
{
    [TestCase(100_000)]
    [TestCase(1_000_000, Explicit = true, Reason = "Takes a gigabyte and some seconds.")]
    public void Many_subscribers_get_each_event(int subscribers)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 }, TimeProvider.System);
        var crowd = new CountingSubscription[subscribers];
        for (var i = 0; i < subscribers; i++)
        {
            hub.Hold(crowd[i] = new CountingSubscription(), ResumePoint.Head, "a");
            EventHub.Join(crowd[i]);
        }

        Eventually.True(() => hub.Hub.Streams == subscribers);
        foreach (var subscription in crowd.AsSpan(0, 2)) TestHub.Settle(subscription);
        for (var i = 0; i < 3; i++) hub.Publish("a", $"{i}");

        var bytes = hub.Topic("a").Bytes;
        foreach (var subscription in crowd)
        {
            Eventually.True(() => subscription.Bytes >= bytes);
            Assert.That(subscription.Bytes, Is.EqualTo(bytes));
        }

        foreach (var subscription in crowd) subscription.PeerLost();
        Eventually.True(() => hub.Hub.Streams == 0);
        Assert.That(Array.TrueForAll(crowd, subscription => subscription.IsOver), Is.True);
    }
}
