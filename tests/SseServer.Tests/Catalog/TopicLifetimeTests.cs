using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Catalog;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TopicLifetimeTests
{
    private static readonly HubOptions KeepTenSeconds = HubOptions.Default with
    {
        Shards = 1,
        Retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(10) },
        TopicLinger = TimeSpan.FromSeconds(60),
    };

    [Test]
    public void A_topic_without_events_or_subscribers_is_removed_after_its_linger()
    {
        using var hub = new TestHub(KeepTenSeconds);
        hub.Publish("a", "x");

        hub.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
        hub.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(hub.Hub.TopicCount, Is.Zero);
    }

    [Test]
    public void A_topic_with_events_stays()
    {
        using var hub = new TestHub();
        hub.Publish("a", "x");

        hub.Time.Advance(TimeSpan.FromHours(1));

        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
    }

    [Test]
    public void A_topic_with_a_subscriber_stays_and_is_removed_after_the_subscriber_left()
    {
        using var hub = new TestHub(KeepTenSeconds);
        var subscription = hub.SubscribeLive("a");

        hub.Time.Advance(TimeSpan.FromMinutes(10));
        hub.Publish("a", "still here");
        subscription.WaitForData("still here");
        subscription.PeerLost();
        subscription.WaitForEnd(StreamEnding.Broken);
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
        hub.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.That(hub.Hub.TopicCount, Is.Zero);
    }

    [Test]
    public void A_topic_acquired_for_a_subscription_that_does_not_join_is_removed_once_it_is_released()
    {
        using var hub = new TestHub(KeepTenSeconds);
        var subscription = new RecordingSubscription();
        hub.Hold(subscription, ResumePoint.Head, "a");

        hub.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
        hub.Hub.Catalog.Release(subscription.Cursors.Select(cursor => cursor.Log));
        hub.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.That(hub.Hub.TopicCount, Is.Zero);
    }

    [Test]
    public void A_recreated_topic_answers_old_ids_exactly()
    {
        using var hub = new TestHub(KeepTenSeconds);
        var first = hub.Publish("a", "one");
        var last = hub.Publish("a", "two");
        hub.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.That(hub.Hub.TopicCount, Is.Zero);
        hub.Publish("a", "three");

        var behind = hub.Subscribe(TestHub.After(first), "a");
        var upToDate = hub.Subscribe(TestHub.After(last), "a");

        behind.WaitForData("three");
        upToDate.WaitForData("three");
        Assert.That(behind.Stream.Gaps.Single(), Does.StartWith($$"""{"topics":["a"],"after":"{{first}}","from":"""));
        Assert.That(upToDate.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Topics_are_limited_and_a_refused_batch_appends_nothing()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxTopics = 2 });
        hub.Publish("a", "x");
        var head = hub.Hub.Head;
        var batch = new PublishBatch();
        TestHub.Add(batch, "a", "x"u8);
        TestHub.Add(batch, "b", "x"u8);
        TestHub.Add(batch, "c", "x"u8);

        Assert.That(hub.Hub.PublishNow(batch), Is.EqualTo(HubStatus.TooManyTopics));
        Assert.That(hub.Hub.Head, Is.EqualTo(head));
        Assert.That(hub.Topic("a").Count, Is.EqualTo(1));
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "a", "d"), Is.EqualTo(HubStatus.TooManyTopics));
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "a"), Is.EqualTo(HubStatus.Ok));
        Assert.That(hub.Topic("a").Subscribers, Is.EqualTo(1), "A refused subscription acquires nothing.");
    }

    [Test]
    public void Many_topics_are_removed_in_one_sweep()
    {
        using var hub = new TestHub(KeepTenSeconds);
        for (var i = 0; i < 1000; i++) hub.Publish($"{i}", "x");
        var kept = hub.SubscribeLive("500");

        hub.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
        hub.Publish("500", "y");
        kept.WaitForData("y");
    }

    [Test]
    public void A_topic_that_only_subscribers_named_is_removed_with_the_last_of_them()
    {
        using var hub = new TestHub();
        hub.Publish("published", "x");
        var (first, second) = (new RecordingSubscription(), new RecordingSubscription());
        hub.Hold(first, ResumePoint.Head, "a", "b", "published");
        hub.Hold(second, ResumePoint.Head, "b", "c");

        hub.Hub.Catalog.Release(first.Cursors.Select(cursor => cursor.Log));
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(3), "b, c and published");
        hub.Hub.Catalog.Release(second.Cursors.Select(cursor => cursor.Log));
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
        Assert.That(hub.Topic("published").Count, Is.EqualTo(1));
    }

    [Test]
    public void Subscribers_leave_a_tenth_of_the_topics_to_publishers()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxTopics = 10 });
        for (var i = 0; i < 9; i++)
            Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, $"r{i}"), Is.EqualTo(HubStatus.Ok));

        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "r9"), Is.EqualTo(HubStatus.TooManyTopics));
        hub.Publish("p", "x");
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "p"), Is.EqualTo(HubStatus.Ok), "a topic there is may be read");
    }

    [Test]
    public void Subscribers_of_one_topic_are_limited_and_a_refused_subscription_acquires_nothing()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxStreamsPerTopic = 1 });
        var first = new RecordingSubscription();
        hub.Hold(first, ResumePoint.Head, "a", "p/*");

        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "b", "a"), Is.EqualTo(HubStatus.TooManySubscribers));
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "b", "p/*"), Is.EqualTo(HubStatus.TooManySubscribers));
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
        hub.Hub.Catalog.Release(first.Cursors.Select(cursor => cursor.Log));
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "b", "a", "p/*"), Is.EqualTo(HubStatus.Ok));
    }
}
