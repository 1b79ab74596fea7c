using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Log;

/// <summary>The newest event of each key outlives the bounds of its topic.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KeyRetentionTests
{
    private static HubOptions Keep(TopicRetention retention) => HubOptions.Default with { Shards = 1, Retention = retention };

    [TestCase("a")]
    [TestCase("*")]
    public void By_count_the_newest_of_each_key_stays_and_nothing_is_lost(string selector)
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 16 }));
        var first = hub.Publish("a", "still 1", key: "still");
        for (var i = 0; i < 1000; i++) hub.Publish("a", $"{i}", key: $"k{i % 7}");

        var subscription = hub.Subscribe(TestHub.After(new EventId(first.Value - 1)), selector);

        Eventually.True(() => subscription.Data is [.., "999"]);
        Assert.That(subscription.Data[0], Is.EqualTo("still 1"));
        Assert.That(subscription.Data[^7..], Is.EqualTo(Enumerable.Range(993, 7).Select(i => $"{i}")));
        Assert.That(subscription.Data, Has.Length.LessThan(40));
        Assert.That(subscription.Stream.Gaps, Is.Empty);
        Assert.That(hub.Topic("a").CompactedCount, Is.EqualTo(1));
    }

    [Test]
    public void By_bytes_the_newest_of_each_key_stays()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxBytes = 8000 }));
        for (var i = 0; i < 500; i++) hub.Publish("a", new string('x', i), key: i % 50 == 0 ? $"k{i}" : "busy");

        var subscription = hub.Subscribe(ResumePoint.Oldest, "a");

        Eventually.True(() => subscription.Data is [.., { Length: 499 }]);
        for (var i = 0; i < 500; i += 50) Assert.That(subscription.Data.Count(data => data.Length == i), Is.EqualTo(1));
        Assert.That(hub.Topic("a").Bytes, Is.LessThanOrEqualTo(8000));
    }

    [TestCase("a")]
    [TestCase("*")]
    public void By_age_the_newest_of_each_key_is_evicted_with_a_gap_and_its_topic_is_removed(string selector)
    {
        var retention = new TopicRetention { MaxEvents = 8, MaxAge = TimeSpan.FromMinutes(8) };
        using var hub = new TestHub(Keep(retention) with { TopicLinger = TimeSpan.FromSeconds(1) });
        var before = hub.Publish("a", "older", key: "k");
        var newest = hub.Publish("a", "newest", key: "k");
        for (var i = 0; i < 20; i++) hub.Publish("a", $"{i}", key: "other");
        Assert.That(hub.Topic("a").CompactedCount, Is.EqualTo(1));
        hub.Time.Advance(TimeSpan.FromMinutes(7));
        hub.Subscribe(TestHub.After(before), selector)
            .WaitForData(["newest", .. Enumerable.Range(20 - hub.Topic("a").Count, hub.Topic("a").Count).Select(i => $"{i}")]);

        hub.Publish("a", "lives on", key: "new");
        hub.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.That(hub.Topic("a").CompactedCount, Is.Zero);
        var loser = hub.Subscribe(TestHub.After(before), selector);
        Eventually.True(() => loser.Data is [.., "lives on"]);
        Assert.That(loser.Stream.Gaps.Count(), Is.EqualTo(1));
        Assert.That(newest, Is.GreaterThan(before));
    }

    [Test]
    public void Unused_topic_of_keys_is_removed()
    {
        var retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(8) };
        using var hub = new TestHub(Keep(retention) with { TopicLinger = TimeSpan.FromSeconds(1) });
        hub.Publish("a", "newest", key: "k");
        hub.Time.Advance(TimeSpan.FromHours(1));
        Assert.That(hub.Hub.TopicCount, Is.Zero);
    }

    [TestCase("a")]
    [TestCase("*")]
    public void A_gap_is_announced_exactly_when_an_event_without_a_key_was_evicted(string selector)
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 16 }));
        var before = hub.Publish("a", "0", key: "k");
        var unkeyed = hub.Publish("a", "no key");
        for (var i = 0; i < 100; i++) hub.Publish("a", $"{i}", key: "k");

        var loser = hub.Subscribe(TestHub.After(before), selector);
        var other = hub.Subscribe(TestHub.After(unkeyed), selector);

        Eventually.True(() => loser.Data is [.., "99"] && other.Data is [.., "99"]);
        Assert.That(loser.Stream.Gaps.Count(), Is.EqualTo(1));
        Assert.That(other.Stream.Gaps, Is.Empty);
    }

    [TestCase("a")]
    [TestCase("*")]
    public void Over_the_bound_of_keys_the_one_longest_without_a_newer_event_is_evicted_with_a_gap(string selector)
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 8, MaxKeys = 20 }));
        var start = hub.Publish("a", "start", key: "start");
        for (var i = 0; i < 40; i++) hub.Publish("a", $"{i}", key: $"k{i}");
        var subscription = hub.Subscribe(TestHub.After(start), selector);
        Eventually.True(() => subscription.Data is [.., "39"]);

        Assert.That(hub.Topic("a").CompactedCount, Is.EqualTo(20));
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
        Assert.That(subscription.Data[^28..], Is.EqualTo(Enumerable.Range(12, 28).Select(i => $"{i}")));
        Assert.That(hub.Hub.Catalog.Budget.Total.CompactedEvents, Is.EqualTo(20));
    }

    [TestCase("a")]
    [TestCase("*")]
    public void An_evicted_compacted_event_is_announced_even_after_a_later_loss(string selector)
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 8, MaxKeys = 3 }));
        var start = hub.Publish("a", "start");
        for (var i = 0; i < 3; i++) hub.Publish("a", $"kept {i}", key: $"k{i}");
        hub.PublishRange("a", 1, 100);
        // It gets the gap for events without a key, and then takes only one compacted event.
        var subscription = new RecordingSubscription();
        hub.Hold(subscription, TestHub.After(start), selector);
        var taken = false;
        subscription.Sending = () =>
        {
            if (!taken) subscription.Connection.Take(10);
            taken = true;
        };
        EventHub.Join(subscription);
        subscription.WaitUntilBlocked();
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));

        for (var i = 0; i < 40; i++) hub.Publish("a", $"{i}", key: $"new {i}");
        subscription.Connection.Take(int.MaxValue);
        Eventually.True(() => subscription.Data is [.., "39"]);

        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(2));
        Assert.That(subscription.Data[0], Is.EqualTo("kept 0"));
        Assert.That(subscription.Data, Has.None.EqualTo("kept 1"));
    }

    [Test]
    public void Memory_for_keys_counts_in_the_history_bound_and_stays_under_it()
    {
        using var hub = new TestHub(HubOptions.Default with
        {
            Shards = 1,
            MaxHistoryBytes = 1_000_000,
            Retention = new TopicRetention { MaxKeys = 1_000_000 }
        });
        for (var i = 0; i < 20_000; i++)
        {
            hub.Publish($"t/{i % 3}", new string('x', 100), key: $"key {i}");
            Assert.That(hub.Hub.HistoryBytes, Is.LessThanOrEqualTo(1_000_000));
        }

        Assert.That(hub.Hub.HistoryBytes, Is.GreaterThan(800_000));
    }

    [TestCase(16)]
    [TestCase(1000)]
    public void Memory_for_keys_stays_flat_however_often_they_change(int events)
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = events }));
        var subscription = hub.SubscribeLive("*");
        var random = new Random(17);
        for (var i = 0; i < 1000; i++) hub.Publish("a", "value", key: $"k{i}");
        long most = 0;
        for (var i = 0; i < 60_000; i++)
        {
            // Some change always, some seldom.
            var key = (int)(Math.Pow(random.NextDouble(), 4) * 1000);
            hub.Publish("a", "value", key: $"k{key}");
            if (i % 1000 == 999) hub.Time.Advance(TimeSpan.FromSeconds(1));
            if (i > 10_000) most = Math.Max(most, hub.Hub.HistoryBytes);
        }

        // A compacted event: its frame of some 50 bytes, its entry, its key, and twice that while half of its segment is superseded.
        Assert.That(most, Is.LessThan(1000 * 500 + events * 300));
        Assert.That(hub.Topic("a").CompactedCount, Is.LessThanOrEqualTo(1000));
        Assert.That(((PatternLog)subscription.Cursors[0].Log).Count, Is.LessThan(10_000));
        Assert.That(hub.Hub.Catalog.Budget.Total, Is.EqualTo(hub.Topic("a").Footprint));
    }

    [Test]
    public void A_publishers_id_of_an_event_beyond_the_bounds_is_forgotten_though_the_event_is_retained()
    {
        using var hub = new TestHub(Keep(new TopicRetention { MaxEvents = 8 }));
        hub.Publish("a", "kept", id: "mine", key: "k");
        hub.PublishRange("a", 1, 100);
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForCount(1);

        var batch = new PublishBatch();
        TestHub.Add(batch, "a", "again"u8, id: "mine", key: "k");
        hub.Publish(batch);

        Assert.That(batch.IsRepeat(0), Is.False);
    }
}
