using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class EventFilterTests
{
    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "*")]
    [TestCase(true, "a", "b")]
    public void Only_events_of_the_types_asked_for_come_live_and_replayed(bool isChunked, params string[] selectors)
    {
        using var hub = new TestHub();
        PublishAll(hub, 1);
        var subscription = hub.Join(new RecordingSubscription { IsChunked = isChunked, Filter = Filter("price", "news") },
            ResumePoint.Oldest, selectors);
        subscription.WaitForData("price 1", "news 1");
        PublishAll(hub, 2);

        subscription.WaitForData("price 1", "news 1", "price 2", "news 2");
        TestHub.Settle(subscription);
        Assert.That(subscription.Data, Has.Length.EqualTo(4));
    }

    [Test]
    public void Message_selects_events_without_a_name_and_events_with_that_name()
    {
        using var hub = new TestHub();
        PublishAll(hub, 1);
        hub.Publish("a", "named", name: "message");

        hub.Join(new RecordingSubscription { Filter = Filter("message") }, ResumePoint.Oldest, "a").WaitForData("unnamed 1", "named");
    }

    [Test]
    public void A_gap_passes_a_filter()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 8 } });
        var first = hub.Publish("a", "price", name: "price");
        hub.PublishRange("a", 1, 100);

        var subscription = hub.Join(new RecordingSubscription { Filter = Filter("price") }, TestHub.After(first), "a");

        Eventually.True(() => subscription.Stream.Gaps.Count() == 1);
        Assert.That(subscription.Data, Is.Empty);
    }

    [TestCase(true, false)]
    [TestCase(false, false)]
    [TestCase(true, true)]
    public void A_heartbeat_moves_the_client_past_events_that_its_filter_excluded(bool isChunked, bool hasHeartbeatEvents)
    {
        using var hub = new TestHub();
        var subscription = new RecordingSubscription
        {
            IsChunked = isChunked,
            HasHeartbeatEvents = hasHeartbeatEvents,
            Filter = Filter("price")
        };
        hub.Join(subscription, ResumePoint.Head, "a");
        Eventually.True(() => subscription.Length > 0);
        var last = hub.PublishRange("a", 1, 5);
        TestHub.Settle(subscription);
        var before = subscription.Length;

        for (var i = 0; i < 31; i++)
        {
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            TestHub.Settle(subscription);
        }

        var blocks = subscription.Stream.Blocks;
        Assert.That(subscription.Length, Is.GreaterThan(before));
        Assert.That(blocks.Count(block => block.Id == last.ToString()), Is.EqualTo(1), "It is sent once.");
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo(last.ToString()));
        Assert.That(blocks.Count(block => block.IsComment || block.Name == "heartbeat"), Is.EqualTo(2));
    }

    [Test]
    public void The_end_of_a_stream_moves_the_client_too()
    {
        using var hub = new TestHub();
        var subscription = new RecordingSubscription { Filter = Filter("price") };
        hub.Join(subscription, ResumePoint.Head, "a");
        var last = hub.PublishRange("a", 1, 5);
        TestHub.Settle(subscription);

        subscription.End(0);

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo(last.ToString()));
        Assert.That(subscription.Stream.IsEnded, Is.True);
    }

    [Test]
    public void A_filter_and_since_latest_combine()
    {
        using var hub = new TestHub();
        for (var i = 0; i < 10; i++) hub.Publish("a", $"{i}", name: i % 2 == 0 ? "price" : "news", key: $"k{i % 4}");

        hub.Join(new RecordingSubscription { Filter = Filter("price") }, ResumePoint.Latest, "a").WaitForData("6", "8");
    }

    [Test]
    public void A_long_history_that_is_excluded_does_not_keep_the_shard_from_others()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 100_000 } });
        var batch = new PublishBatch();
        for (var i = 0; i < 50_000; i++) TestHub.Add(batch, "a", "x"u8);
        hub.Hub.PublishNow(batch);
        hub.Publish("a", "price", name: "price");

        var subscription = new RecordingSubscription { Filter = Filter("price") };
        hub.Join(subscription, ResumePoint.Oldest, "a");

        subscription.WaitForData("price");
    }

    [TestCase("", "is empty")]
    [TestCase("a\nb", "control")]
    public void An_invalid_name_is_refused(string name, string problem)
    {
        Assert.That(EventFilter.TryCreate([Encoding.UTF8.GetBytes(name)], out _, out var said), Is.False);
        Assert.That(said, Does.Contain(problem));
    }

    [Test]
    public void Too_many_names_are_refused()
    {
        var names = Enumerable.Range(0, EventFilter.MaxNames + 1).Select(i => Encoding.UTF8.GetBytes($"n{i}")).ToArray();
        Assert.That(EventFilter.TryCreate(names[1..], out _, out _), Is.True);
        Assert.That(EventFilter.TryCreate(names, out _, out var said), Is.False);
        Assert.That(said, Does.Contain("16"));
    }

    private static EventFilter Filter(params string[] names)
    {
        Assert.That(EventFilter.TryCreate(Array.ConvertAll(names, Encoding.UTF8.GetBytes), out var filter, out _), Is.True);
        return filter!;
    }

    private static void PublishAll(TestHub hub, int number)
    {
        hub.Publish("a", $"unnamed {number}");
        hub.Publish("a", $"price {number}", name: "price");
        hub.Publish("a", $"news {number}", id: $"own {number}", name: "news");
        hub.Publish("a", $"other {number}", id: $"other {number}", name: "prices");
    }
}
