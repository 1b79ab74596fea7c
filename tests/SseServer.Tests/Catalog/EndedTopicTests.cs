using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;

namespace SseServer.Tests.Catalog;

/// <summary>How long an end is remembered, and which topics are removed for others.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class EndedTopicTests
{
    private static readonly HubOptions TenSeconds = HubOptions.Default with
    {
        Shards = 1,
        Retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(10) }
    };

    [Test]
    public void An_end_outlives_its_events_and_then_the_name_is_free_again()
    {
        using var hub = new TestHub(TenSeconds);
        hub.Publish("a", "one");
        hub.End("a");

        Pass(hub, TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.That(hub.Topic("a").Count, Is.Zero);
        Assert.That(hub.End("a", "again", out _), Is.EqualTo(HubStatus.TopicEnded));
        Assert.That(hub.IsOver(ResumePoint.Oldest, "a"), Is.True, "Nothing is left, and the lost events were not asked for.");
        Pass(hub, TimeSpan.FromSeconds(2));

        Assert.That(hub.IsOver(ResumePoint.Head, "a"), Is.False);
        hub.Publish("a", "another life");
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("another life");
    }

    [Test]
    public void An_end_is_remembered_as_long_as_events_are_retained()
    {
        using var hub = new TestHub(HubOptions.Default with
        {
            Shards = 1,
            EndedLinger = TimeSpan.FromSeconds(5),
            Retention = new TopicRetention { MaxAge = TimeSpan.FromMinutes(2) }
        });
        hub.Publish("a", "one");
        hub.End("a", "two");

        hub.Time.Advance(TimeSpan.FromSeconds(119));
        Assert.That(hub.End("a", "again", out _), Is.EqualTo(HubStatus.TopicEnded));
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("one", "two");
        hub.Time.Advance(TimeSpan.FromMinutes(1));

        hub.Publish("a", "another life");
    }

    [Test]
    public void A_topic_whose_end_was_forgotten_is_removed_from_the_table()
    {
        using var hub = new TestHub(TenSeconds);
        hub.End("a");
        Pass(hub, TimeSpan.FromHours(23));
        hub.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(1));
        Pass(hub, TimeSpan.FromHours(1));
        Assert.That(hub.Hub.TopicCount, Is.Zero);
    }

    [Test]
    public void A_topic_with_a_subscriber_of_several_topics_is_reopened_too()
    {
        using var hub = new TestHub(TenSeconds);
        var subscription = hub.SubscribeLive("a", "b");
        hub.End("a");
        Pass(hub, TimeSpan.FromHours(25));
        hub.Publish("a", "another life");

        subscription.WaitForData("another life");
        hub.End("b");
        TestHub.Settle(subscription);
        Assert.That(subscription.Ending, Is.Null);
    }

    [Test]
    public void A_full_table_removes_the_oldest_ended_topic_without_events()
    {
        using var hub = new TestHub(TenSeconds with { MaxTopics = 10 });
        var subscriber = hub.SubscribeLive("0", "live");
        for (var i = 0; i < 9; i++)
        {
            hub.End($"{i}");
            hub.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(hub.End("10", null, out _), Is.EqualTo(HubStatus.TooManyTopics), "Topics with events are not removed for it.");
        hub.Time.Advance(TimeSpan.FromSeconds(10));
        hub.Publish("10", "x");
        hub.Publish("11", "x");
        hub.Subscribe(ResumePoint.Head, "12");

        Assert.That(hub.Hub.TopicCount, Is.EqualTo(10));
        Assert.That(hub.Topic("0").HasEnded, Is.True, "It is acquired.");
        foreach (var gone in new[] { "1", "2", "3" }) Assert.That(hub.IsOver(ResumePoint.Head, gone), Is.False, gone);
        foreach (var kept in new[] { "4", "5", "6", "7", "8" }) Assert.That(hub.IsOver(ResumePoint.Head, kept), Is.True, kept);
        subscriber.End(0);
    }

    [Test]
    public void Ended_topics_without_events_do_not_count_against_subscribers_nor_subscribers_against_publishers()
    {
        using var hub = new TestHub(TenSeconds with { MaxTopics = 10 });
        for (var i = 0; i < 9; i++) hub.End($"{i}");
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "refused"), Is.EqualTo(HubStatus.TooManyTopics));
        hub.Time.Advance(TimeSpan.FromMinutes(1));

        hub.Subscribe(ResumePoint.Head, "subscriber 0");
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(10), "No end was removed before the table was full.");
        for (var i = 1; i < 9; i++) hub.Subscribe(ResumePoint.Head, $"subscriber {i}");
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "one too many"), Is.EqualTo(HubStatus.TooManyTopics));
        Assert.That(Enumerable.Range(0, 9).Count(i => hub.IsOver(ResumePoint.Head, $"{i}")), Is.EqualTo(1),
            "The last tenth is not for subscribers.");
        hub.Publish("publisher", "x");
    }

    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "a", "b")]
    public void A_subscriber_of_a_forgotten_end_gets_one_gap(bool isKnown, params string[] selectors)
    {
        using var hub = new TestHub(TenSeconds);
        var seen = hub.Publish("a", "one");
        hub.Publish("a", "two");
        hub.End("a");
        var end = hub.End("b");
        end = selectors.Length > 1 ? end : hub.Topic("a").EndId;
        hub.Time.Advance(TimeSpan.FromMinutes(1));

        var subscription = hub.Subscribe(isKnown ? TestHub.After(seen) : TestHub.After("unknown"), selectors);
        subscription.WaitForEnd(StreamEnding.Complete);

        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
        Assert.That(subscription.Stream.Blocks.Last(block => block.Data is not null).Id, Is.EqualTo(end.ToString()));
        Assert.That(hub.IsOver(TestHub.After(subscription.Stream.LastEventId!), selectors), Is.True);
    }

    [Test]
    public async Task A_long_batch_cut_by_another_publishers_end_reports_how_many_events_were_appended()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 8 } },
            TimeProvider.System);
        var subscription = hub.SubscribeLive("a");
        var ended = 0;
        subscription.Sending = () =>
        {
            if (Interlocked.Exchange(ref ended, 1) == 0) hub.End("a");
        };
        var batch = new PublishBatch();
        for (var i = 0; i < 500; i++) TestHub.Add(batch, "a", "x"u8);

        Assert.That(await hub.Hub.PublishAsync(batch), Is.EqualTo(HubStatus.TopicEnded));

        Assert.That(batch.AppendedCount, Is.GreaterThan(0).And.LessThan(500));
        Assert.That(batch.RefusedIndex, Is.EqualTo(batch.AppendedCount));
        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Has.Length.EqualTo(batch.AppendedCount));
        Assert.That(batch.IdOf(batch.AppendedCount - 1), Is.LessThan(hub.Topic("a").EndId));
    }

    [Test]
    public async Task A_long_batch_is_checked_whole_before_its_first_event()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 8 } });
        var batch = new PublishBatch();
        TestHub.AddEnd(batch, "a", "last");
        for (var i = 0; i < 50; i++) TestHub.Add(batch, "b", "x"u8);
        TestHub.Add(batch, "a", "x"u8);

        Assert.That(await hub.Hub.PublishAsync(batch), Is.EqualTo(HubStatus.TopicEnded));

        Assert.That((batch.RefusedIndex, batch.AppendedCount), Is.EqualTo((51, 0)));
        Assert.That(hub.Topic("b").Count, Is.Zero);
    }

    // A long time, with a sweep at its end.
    private static void Pass(TestHub hub, TimeSpan time)
    {
        hub.Time.StepWallClock(time - TimeSpan.FromSeconds(1));
        hub.Time.Advance(TimeSpan.FromSeconds(1));
    }
}
