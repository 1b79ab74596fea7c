using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Catalog;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PatternLogTests
{
    private static readonly HubOptions Short = HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 64 } };

    [Test]
    public void A_pattern_has_the_history_of_the_topics_it_matches_in_id_order()
    {
        using var hub = new TestHub();
        for (var i = 0; i < 2000; i++) hub.Publish(i % 3 == 2 ? "other" : $"t/{i % 7}", $"{i}");

        var subscription = hub.Subscribe(ResumePoint.Oldest, "t/*");

        subscription.WaitForData([.. Enumerable.Range(0, 2000).Where(i => i % 3 != 2).Select(i => $"{i}")]);
    }

    [Test]
    public void A_pattern_resumes_after_an_id()
    {
        using var hub = new TestHub();
        hub.Publish("t/1", "one");
        var id = hub.Publish("t/2", "two");
        hub.Publish("t/3", "three");

        var subscription = hub.Subscribe(TestHub.After(id), "t/*");

        subscription.WaitForData("three");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void A_topic_that_comes_later_is_delivered_if_it_matches()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("t/**");

        hub.Publish("t/a", "one");
        hub.Publish("u", "elsewhere");
        hub.Publish("t/b/c", "two");

        subscription.WaitForData("one", "two");
    }

    [Test]
    public void A_pattern_that_lost_events_is_named_in_the_gap()
    {
        using var hub = new TestHub(Short);
        var id = hub.PublishRange("t/1", 1, 1);
        hub.PublishRange("t/1", 2, 200);

        var subscription = hub.Subscribe(TestHub.After(id), "t/*");

        Eventually.True(() => subscription.Data is [.., "t/1 200"]);
        Assert.That(subscription.Stream.Gaps.Single(), Does.StartWith("{\"topics\":[\"t/*\"],"));
    }

    [Test]
    public void A_loss_of_one_topic_of_a_pattern_does_not_hide_a_later_loss_of_another()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 16 } });
        hub.PublishRange("t/b", 1, 16);
        hub.PublishRange("t/a", 1, 100);
        var subscription = new RecordingSubscription();
        subscription.Connection.Take(0);
        hub.Join(subscription, ResumePoint.Oldest, "t/*");
        subscription.WaitUntilBlocked();

        hub.PublishRange("t/b", 17, 24);
        subscription.Connection.Take(int.MaxValue);
        hub.Publish("t/a", "end");
        Eventually.True(() => subscription.Data is [.., "end"]);

        Assert.That(subscription.Data, Has.None.EqualTo("t/b 1"));
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
    }

    [Test]
    public void Evicting_delivered_events_of_a_patterns_topic_is_no_loss()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 16 } });
        hub.PublishRange("t/b", 1, 16);
        hub.PublishRange("t/a", 1, 100);
        var subscription = new RecordingSubscription();
        hub.Join(subscription, ResumePoint.Oldest, "t/*");
        Eventually.True(() => subscription.Data is [.., "t/a 100"]);

        hub.PublishRange("t/b", 17, 24);
        Eventually.True(() => subscription.Data is [.., "t/b 24"]);

        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void A_blocked_subscriber_of_a_pattern_gets_what_is_retained_after_a_gap_though_the_log_was_rewritten()
    {
        using var hub = new TestHub(Short with { HeartbeatInterval = TimeSpan.FromHours(1) });
        hub.PublishRange("t/quiet", 1, 3);
        var subscription = new RecordingSubscription();
        subscription.Connection.Take(0);
        hub.Join(subscription, ResumePoint.Oldest, "t/*");
        subscription.WaitUntilBlocked();
        for (var i = 0; i < 20; i++)
        {
            hub.PublishRange("t/busy", i * 100, i * 100 + 99);
            hub.Publish("t/quiet", $"t/quiet {i + 4}");
            hub.Time.Advance(TimeSpan.FromSeconds(1));
        }

        subscription.Connection.Take(int.MaxValue);
        Eventually.True(() => subscription.Data is [.., "t/quiet 23"]);

        Assert.That(subscription.Data.Where(data => data.StartsWith("t/quiet", StringComparison.Ordinal)),
            Is.EqualTo(Enumerable.Range(1, 23).Select(i => $"t/quiet {i}")));
        var busy = subscription.Data.Where(data => data.StartsWith("t/busy", StringComparison.Ordinal)).ToArray();
        Assert.That(busy, Has.Length.InRange(64, 72));
        Assert.That(busy, Is.EqualTo(Enumerable.Range(2000 - busy.Length, busy.Length).Select(i => $"t/busy {i}")));
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_pattern_log_stays_small_though_a_quiet_topic_retains_old_events()
    {
        using var hub = new TestHub(Short with { HeartbeatInterval = TimeSpan.FromHours(1) });
        var subscription = hub.SubscribeLive("t/*");
        var batch = new PublishBatch();
        for (var i = 0; i < 1000; i++) TestHub.Add(batch, "t/busy", "x"u8);

        for (var second = 0; second < 60; second++)
        {
            hub.Publish("t/quiet", "x");
            for (var i = 0; i < 3; i++) hub.Hub.PublishNow(batch);
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            var index = (PatternLog)subscription.Cursors[0].Log;
            Assert.That(index.Count, Is.LessThan(4 * 1024));
            Assert.That(SegmentsOf(hub, index), Is.LessThan(10));
        }
    }

    [Test]
    public void A_pattern_log_of_one_live_topic_drops_what_the_topic_drops()
    {
        using var hub = new TestHub(Short);
        var subscription = hub.SubscribeLive("t/*");

        hub.PublishRange("t/1", 1, 5000);
        hub.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(((PatternLog)subscription.Cursors[0].Log).Count, Is.LessThanOrEqualTo(512 * 2));
    }

    [Test]
    public void A_pattern_log_is_removed_after_its_linger_and_recreated_correctly()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1 });
        var first = hub.SubscribeLive("t/*");
        var id = hub.Publish("t/1", "one");
        first.PeerLost();
        first.WaitForEnd(StreamEnding.Broken);
        Assert.That(hub.Topic("t/1").MatchingPatterns, Is.Not.Empty);

        hub.Time.Advance(TimeSpan.FromSeconds(62));
        Assert.That(hub.Topic("t/1").MatchingPatterns, Is.Empty);
        hub.Publish("t/1", "two");

        hub.Subscribe(TestHub.After(id), "t/*").WaitForData("two");
    }

    [Test]
    public void A_pattern_log_lingers_for_a_subscriber_that_reconnects()
    {
        using var hub = new TestHub();
        var first = hub.SubscribeLive("t/*");
        var index = first.Cursors[0].Log;
        first.PeerLost();
        first.WaitForEnd(StreamEnding.Broken);

        hub.Time.Advance(TimeSpan.FromSeconds(59));

        Assert.That(hub.SubscribeLive("t/*").Cursors[0].Log, Is.SameAs(index));
    }

    [Test]
    public void An_unused_pattern_log_is_removed_when_patterns_are_limited()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxPatterns = 2 });
        hub.Publish("t/1", "x");
        var first = new RecordingSubscription();
        hub.Hold(first, ResumePoint.Head, "t/*", "u/*");
        hub.Hub.Catalog.Release(first.Cursors[..1].Select(cursor => cursor.Log));

        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "v/*"), Is.EqualTo(HubStatus.Ok));
        Assert.That(hub.Topic("t/1").MatchingPatterns, Is.Empty);
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "w/*"), Is.EqualTo(HubStatus.TooManyPatterns), "both are read");
    }

    [Test]
    public void Distinct_patterns_are_limited_and_a_refused_subscription_acquires_nothing()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxPatterns = 2 });
        hub.Publish("a", "x");
        hub.SubscribeLive("a/*", "b/*");

        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "a", "c/*"), Is.EqualTo(HubStatus.TooManyPatterns));
        Assert.That(hub.Topic("a").Subscribers, Is.Zero);
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "b/*"), Is.EqualTo(HubStatus.Ok));
    }

    [Test]
    public void History_and_live_events_join_without_a_hole_while_publishers_run_and_topics_evict()
    {
        const int Rounds = 16;
        var retention = new TopicRetention { MaxEvents = 4000 };
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = retention }, TimeProvider.System);
        var stop = false;
        string[] topics = ["p/1/2/3/4/5/6", "p/1/2/3/4/5/7", "p/1/2/3/4/5/8"];
        for (var i = 0; i < 4000; i++)
            foreach (var topic in topics) hub.Publish(topic, $"{topic[^1]} {i}");
        var publishers = Array.ConvertAll(topics, topic => new Thread(() =>
        {
            for (var i = 4000; !Volatile.Read(ref stop); i++) hub.Publish(topic, $"{topic[^1]} {i}");
        }));
        foreach (var publisher in publishers) publisher.Start();

        for (var round = 0; round < Rounds; round++)
        {
            // Each pattern is a different one, so the history of each is merged.
            var segments = "p/1/2/3/4/5/*".Split('/');
            for (var bit = 0; bit < 5; bit++)
                if ((round & 1 << bit) != 0) segments[bit + 1] = "*";
            var subscription = hub.Subscribe(ResumePoint.Oldest, string.Join('/', segments));
            Eventually.True(() => subscription.Length > 700_000);
            subscription.PeerLost();
            subscription.Connection.Break();
            subscription.WaitForEnd(StreamEnding.Broken);
            AssertWithoutHoles(subscription.Stream);
        }

        Volatile.Write(ref stop, true);
        foreach (var publisher in publishers) publisher.Join();
    }

    // Ids rise, and the numbers of a topic are consecutive except over a gap.
    private static void AssertWithoutHoles(ReceivedStream stream)
    {
        var next = new Dictionary<string, int>();
        var topics = new HashSet<string>();
        var last = default(EventId);
        foreach (var block in stream.Blocks)
        {
            if (block.Name == "gap") next.Clear();
            if (block.Name is not null) continue;
            if (!EventId.TryParse(Encoding.UTF8.GetBytes(block.Id!), out var id) || id <= last) Assert.Fail($"{id} after {last}");
            last = id;
            var parts = block.Data!.Split(' ');
            var number = int.Parse(parts[1], null);
            if (next.TryGetValue(parts[0], out var expected) && number != expected) Assert.Fail($"{block.Data}, not {expected}");
            next[parts[0]] = number + 1;
            topics.Add(parts[0]);
        }

        Assert.That(topics, Has.Count.EqualTo(3));
    }

    private static int SegmentsOf(TestHub hub, PatternLog log)
    {
        var cursor = new Cursor { Log = log };
        using (hub.Hub.Catalog.Lock.Enter()) log.Seek(ref cursor, default);
        var count = 1;
        for (var segment = cursor.Segment; segment.Next is { } next; segment = next) count++;
        return count;
    }
}
