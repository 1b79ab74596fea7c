using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;

namespace SseServer.Tests.Hub;

/// <summary>How long an end is known, and what gives way for what.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class EndedLingerTests
{
    private static readonly HubOptions TenSeconds = HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(10) } };

    [Test]
    public void An_end_outlives_its_events_and_then_the_name_is_free_again()
    {
        using var hub = new TestHub(TenSeconds);
        hub.Publish("a", "one");
        hub.End("a");

        Pass(hub, TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.That(hub.Topic("a").Count, Is.Zero);
        Assert.That(hub.End("a", "again", out _), Is.EqualTo(HubStatus.TopicEnded));
        Assert.That(hub.IsOver(ResumePoint.Oldest, "a"), Is.True, "Nothing is left, and nobody asked for what is lost.");
        Pass(hub, TimeSpan.FromSeconds(2));

        Assert.That(hub.IsOver(ResumePoint.Head, "a"), Is.False);
        hub.Publish("a", "another life");
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("another life");
    }

    [Test]
    public void An_end_is_known_as_long_as_events_are_kept()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, EndedLinger = TimeSpan.FromSeconds(5), Retention = new TopicRetention { MaxAge = TimeSpan.FromMinutes(2) } });
        hub.Publish("a", "one");
        hub.End("a", "two");

        hub.Time.Advance(TimeSpan.FromSeconds(119));
        Assert.That(hub.End("a", "again", out _), Is.EqualTo(HubStatus.TopicEnded));
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("one", "two");
        hub.Time.Advance(TimeSpan.FromMinutes(1));

        hub.Publish("a", "another life");
    }

    [Test]
    public void A_forgotten_topic_goes_from_the_table()
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
    public void A_topic_that_a_reader_of_several_holds_is_free_again_too()
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
    public void A_full_table_makes_room_of_the_end_without_events_that_is_oldest()
    {
        using var hub = new TestHub(TenSeconds with { MaxTopics = 10 });
        var reader = hub.SubscribeLive("0", "live");
        for (var i = 0; i < 9; i++)
        {
            hub.End($"{i}");
            hub.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(hub.End("10", null, out _), Is.EqualTo(HubStatus.TooManyTopics), "Events are not given up for it.");
        hub.Time.Advance(TimeSpan.FromSeconds(10));
        hub.Publish("10", "x");
        hub.Publish("11", "x");
        hub.Subscribe(ResumePoint.Head, "12");

        Assert.That(hub.Hub.TopicCount, Is.EqualTo(10));
        Assert.That(hub.Topic("0").HasEnded, Is.True, "It is held.");
        foreach (var gone in new[] { "1", "2", "3" }) Assert.That(hub.IsOver(ResumePoint.Head, gone), Is.False, gone);
        foreach (var kept in new[] { "4", "5", "6", "7", "8" }) Assert.That(hub.IsOver(ResumePoint.Head, kept), Is.True, kept);
        reader.End(0);
    }

    [Test]
    public void Ends_without_events_take_none_of_the_readers_share_and_readers_none_of_the_publishers()
    {
        using var hub = new TestHub(TenSeconds with { MaxTopics = 10 });
        for (var i = 0; i < 9; i++) hub.End($"{i}");
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "refused"), Is.EqualTo(HubStatus.TooManyTopics));
        hub.Time.Advance(TimeSpan.FromMinutes(1));

        hub.Subscribe(ResumePoint.Head, "reader 0");
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(10), "No end went before the table was full.");
        for (var i = 1; i < 9; i++) hub.Subscribe(ResumePoint.Head, $"reader {i}");
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "one too many"), Is.EqualTo(HubStatus.TooManyTopics));
        Assert.That(Enumerable.Range(0, 9).Count(i => hub.IsOver(ResumePoint.Head, $"{i}")), Is.EqualTo(1), "The last tenth is not for readers.");
        hub.Publish("publisher", "x");
    }

    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "a", "b")]
    public void A_reader_whose_end_is_gone_hears_of_the_gap_once(bool isKnown, params string[] selectors)
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
    public async Task A_long_batch_that_another_publisher_ends_says_how_far_it_came()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 8 } }, TimeProvider.System);
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
