using System.Runtime.CompilerServices;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Catalog;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RetentionTests
{
    private static HubOptions Keep(TopicRetention retention) => HubOptions.Default with { Shards = 1, Retention = retention };

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(100)]
    public void By_count_at_least_the_bound_is_retained_and_at_most_an_eighth_more(int bound)
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = bound }));

        for (var published = 1; published <= bound * 3; published++)
        {
            hub.Publish("a", "x");
            var topic = hub.Topic("a");
            Assert.That(topic.Count, Is.InRange(Math.Min(published, bound), bound + bound / 8));
        }
    }

    [Test]
    public void By_bytes_at_most_the_bound_is_retained()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxBytes = 8000 }));

        for (var i = 0; i < 300; i++)
        {
            hub.Publish("a", new string('x', i));
            Assert.That(hub.Topic("a").Bytes, Is.LessThanOrEqualTo(8000));
        }

        Assert.That(hub.Topic("a").Bytes, Is.GreaterThan(6000));
    }

    [Test]
    public void An_event_over_the_bound_in_bytes_is_retained_until_the_next_one()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxBytes = 8000 }));
        hub.Publish("a", "small");
        var large = new string('x', 20_000);

        hub.Publish("a", large);
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData(large);
        hub.Publish("a", "next");

        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("next");
    }

    [Test]
    public void By_age_events_are_evicted_without_a_publish_and_none_early()
    {
        var retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(80) };
        using var hub = new TestHub(Keep(retention) with { TopicLinger = TimeSpan.FromHours(1) });
        hub.Publish("a", "one");
        hub.Time.Advance(TimeSpan.FromSeconds(20));
        hub.Publish("a", "two");

        hub.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(hub.Topic("a").Count, Is.EqualTo(2));
        hub.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(hub.Topic("a").Count, Is.EqualTo(1));
        hub.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.That(hub.Topic("a").Count, Is.Zero);
        Assert.That(hub.Hub.HistoryBytes, Is.Zero);

        hub.Publish("a", "three");
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("three");
    }

    [Test]
    public void A_subscriber_at_the_head_continues_after_all_it_got_was_evicted()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxAge = TimeSpan.FromSeconds(8) }));
        var subscription = hub.SubscribeLive("a");
        hub.Publish("a", "one");
        subscription.WaitForData("one");
        hub.Time.Advance(TimeSpan.FromSeconds(10));

        hub.Publish("a", "two");

        subscription.WaitForData("one", "two");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Over_the_history_bound_the_largest_topic_loses_events()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 1_000_000 });
        for (var i = 0; i < 20; i++) hub.Publish($"small/{i}", "keep");

        for (var i = 0; i < 3000; i++)
        {
            hub.Publish("large", new string('x', 1000));
            Assert.That(hub.Hub.HistoryBytes, Is.LessThanOrEqualTo(1_000_000));
        }

        Assert.That(hub.Hub.HistoryBytes, Is.GreaterThan(900_000));
        for (var i = 0; i < 20; i++) Assert.That(hub.Topic($"small/{i}").Count, Is.EqualTo(1));
    }

    [Test]
    public void Over_the_history_bound_topics_of_one_size_lose_about_the_same()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 2_000_000 });

        for (var i = 0; i < 20_000; i++) hub.Publish($"topic/{i % 10}", new string('x', 200));

        Assert.That(hub.Hub.HistoryBytes, Is.InRange(1_800_000, 2_000_000));
        var counts = Enumerable.Range(0, 10).Select(i => hub.Topic($"topic/{i}").Count).ToArray();
        Assert.That(counts.Max(), Is.LessThan(counts.Min() * 4));
    }

    [Test]
    public async Task A_lowered_bound_is_enforced_while_publishers_continue()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 8_000_000 });
        for (var i = 0; i < 6_000; i++) hub.Publish($"topic/{i % 10}", new string('x', 1000));
        Assert.That(hub.Hub.HistoryBytes, Is.GreaterThan(6_000_000));

        var publishing = Task.Run(() =>
        {
            for (var i = 0; i < 2_000; i++) hub.Publish($"topic/{i % 10}", new string('x', 1000));
        });
        hub.Hub.BoundHistory(1_000_000);
        Assert.That(hub.Hub.HistoryBytes, Is.LessThanOrEqualTo(1_000_000));
        await publishing;
        Assert.That(hub.Hub.HistoryBytes, Is.InRange(800_000, 1_000_000));

        hub.Hub.BoundHistory(100_000_000);
        Assert.That(hub.Hub.Catalog.Budget.MaxBytes, Is.EqualTo(8_000_000), "never above what is set");
    }

    [Test]
    public void A_subscriber_behind_the_retention_gets_a_gap_and_what_is_retained()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 16 }));
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(10);
        var cut = hub.PublishRange("a", 1, 1);
        subscription.WaitUntilBlocked();

        hub.PublishRange("a", 2, 100);
        subscription.Connection.Take(int.MaxValue);
        subscription.WaitForCount(2);
        hub.Publish("a", "end");
        Eventually.True(() => subscription.Data[^1] == "end");

        var data = subscription.Data;
        Assert.That(data[0], Is.EqualTo("a 1"));
        var from = int.Parse(data[1][2..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(from, Is.InRange(83, 85));
        Assert.That(data[1..^1], Is.EqualTo(Enumerable.Range(from, 101 - from).Select(i => $"a {i}")));
        Assert.That(subscription.Stream.Gaps, Is.EqualTo(new[]
        {
            $$"""{"topics":["a"],"after":"{{cut}}","from":"{{subscription.Stream.Events.ElementAt(1).Id}}"}""",
        }));
    }

    [Test]
    public void A_loss_in_one_topic_does_not_hide_a_later_loss_in_another()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 16 }));
        hub.PublishRange("b", 1, 16);
        hub.PublishRange("a", 1, 100);
        var subscription = new RecordingSubscription();
        subscription.Connection.Take(0);
        hub.Join(subscription, ResumePoint.Oldest, "a", "b");
        subscription.WaitUntilBlocked();

        // The events evicted here are older than those of "a" that were evicted before the subscriber joined.
        hub.PublishRange("b", 17, 24);
        subscription.Connection.Take(int.MaxValue);
        hub.Publish("a", "end");
        Eventually.True(() => subscription.Data is [.., "end"]);

        Assert.That(subscription.Data, Has.None.EqualTo("b 1"));
        Assert.That(subscription.Stream.Gaps.Single(), Does.Contain("\"topics\":[\"b\"]"));
    }

    [Test]
    public void A_stalled_subscriber_keeps_no_evicted_bytes_alive()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 16 }));
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(10);
        hub.Publish("a", "stalled here");
        subscription.WaitUntilBlocked();
        var bytes = BytesOf(hub.Topic("a").Head);

        hub.PublishRange("a", 1, 1000);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.That(bytes.IsAlive, Is.False);
        Assert.That(subscription.Connection.IsPending, Is.True);
    }

    [Test]
    public void Of_several_rules_the_first_that_matches_a_topic_applies()
    {
        TopicRule Rule(string topics, int events) => new(TestHub.Select(topics), new TopicRetention { MaxEvents = events },
            Durability.Sync);
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 100 }) with
        {
            Rules = [Rule("t/one", 10), Rule("t/*", 20), Rule("**", 40)],
        });

        foreach (var topic in new[] { "t/one", "t/two", "t/two/deep", "$internal" }) hub.PublishRange(topic, 1, 200);

        Assert.That(hub.Topic("t/one").Count, Is.InRange(10, 11));
        Assert.That(hub.Topic("t/two").Count, Is.InRange(20, 22));
        Assert.That(hub.Topic("t/two/deep").Count, Is.InRange(40, 45));
        Assert.That(hub.Topic("$internal").Count, Is.InRange(100, 112));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference BytesOf(LogSegment segment) => new(segment.Bytes);
}
