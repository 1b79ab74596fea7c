using System.Globalization;
using System.Text;
using SseServer.Catalog;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;

namespace SseServer.Tests.Publishing;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LongBatchTests
{
    [TestCase(100, "a")]
    [TestCase(1, "a")]
    [TestCase(100, "a", "b")]
    [TestCase(100, "*")]
    public async Task A_batch_longer_than_the_retention_reaches_a_healthy_subscriber_whole(int maxEvents, params string[] selectors)
    {
        const int Events = 3000;
        using var hub = new TestHub(HubOptions.Default with { Shards = 2, Retention = new TopicRetention { MaxEvents = maxEvents } },
            TimeProvider.System);
        var subscription = hub.SubscribeLive(selectors);
        var batch = new PublishBatch();
        for (var i = 0; i < Events; i++) TestHub.Add(batch, "a", Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)));

        Assert.That(await hub.Hub.PublishAsync(batch), Is.EqualTo(HubStatus.Ok));

        subscription.WaitForCount(Events);
        Assert.That(subscription.Stream.Gaps, Is.Empty);
        Assert.That(subscription.Data, Is.EqualTo(Enumerable.Range(0, Events).Select(i => i.ToString(CultureInfo.InvariantCulture))));
        Assert.That(Enumerable.Range(1, Events - 1).All(i => batch.IdOf(i) > batch.IdOf(i - 1)), Is.True);
    }

    [Test]
    public async Task A_batch_whose_last_topic_is_one_too_many_appends_nothing()
    {
        using var hub = new TestHub(HubOptions.Default with
        {
            Shards = 1,
            MaxTopics = 1,
            Retention = new TopicRetention { MaxEvents = 8 }
        });
        var batch = new PublishBatch();
        for (var i = 0; i < 50; i++) TestHub.Add(batch, "a", "x"u8);
        TestHub.Add(batch, "b", "x"u8);

        Assert.That(await hub.Hub.PublishAsync(batch), Is.EqualTo(HubStatus.TooManyTopics));

        Assert.That(hub.Topic("a").Count, Is.Zero);
    }
}
