using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>Subscribers that lag, and subscribers that want only the newest, are not sent superseded events.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ConflationTests
{
    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "*")]
    [TestCase(true, "a", "b")]
    public void A_lagging_subscriber_skips_superseded_events_until_it_is_at_the_head(bool isChunked, params string[] selectors)
    {
        using var hub = new TestHub();
        var lagging = new RecordingSubscription { IsChunked = isChunked };
        hub.Join(lagging, ResumePoint.Head, selectors);
        var healthy = hub.SubscribeLive(selectors);
        TestHub.Settle(lagging);
        lagging.Connection.Take(10);
        hub.Publish("a", "first", key: "x");
        lagging.WaitUntilBlocked();

        for (var i = 0; i < 100; i++)
        {
            hub.Publish("a", $"x{i}", key: "x");
            hub.Publish("a", $"y{i}", key: "y");
        }

        hub.Publish("a", "no key");
        lagging.Connection.Take(int.MaxValue);
        lagging.WaitForData("first", "x99", "y99", "no key");
        TestHub.Settle(lagging);
        hub.Publish("a", "x100", key: "x");
        hub.Publish("a", "x101", key: "x");

        lagging.WaitForData("first", "x99", "y99", "no key", "x100", "x101");
        healthy.WaitForCount(204);
        Assert.That(healthy.Data, Has.Length.EqualTo(204));
        Assert.That(lagging.Stream.Gaps, Is.Empty);
        Assert.That(hub.Hub.FanOut.Count().Superseded, Is.EqualTo(198));
    }

    [Test]
    public void A_replay_is_complete_though_it_is_sent_in_pieces()
    {
        using var hub = new TestHub();
        for (var i = 0; i < 50; i++) hub.Publish("a", $"{i}", key: "k");
        var subscription = new RecordingSubscription();
        subscription.Connection.Take(0);
        hub.Join(subscription, ResumePoint.Oldest, "a");
        subscription.WaitUntilBlocked();
        for (var i = 50; i < 100; i++) hub.Publish("a", $"{i}", key: "k");
        for (var bytes = 0; subscription.Connection.IsPending && bytes < 500; bytes++) subscription.Connection.Take(60);

        subscription.Connection.Take(int.MaxValue);

        Eventually.True(() => subscription.Data is [.., "99"]);
        Assert.That(subscription.Data.Take(50), Is.EqualTo(Enumerable.Range(0, 50).Select(i => $"{i}")));
    }

    [TestCase("a")]
    [TestCase("*")]
    public void A_subscriber_that_lags_beyond_the_retention_ends_with_the_newest_of_every_key_without_a_gap(string selector)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 16 } });
        var subscription = hub.SubscribeLive(selector);
        subscription.Connection.Take(10);
        hub.Publish("a", "first", key: "x");
        subscription.WaitUntilBlocked();

        for (var i = 0; i < 1000; i++) hub.Publish("a", $"{i}", key: i < 900 ? $"seldom {i % 30}" : $"often {i % 3}");
        subscription.Connection.Take(int.MaxValue);

        subscription.WaitForData(["first", .. Enumerable.Range(870, 30).Select(i => $"{i}"), "997", "998", "999"]);
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "*")]
    [TestCase(true, "a", "b")]
    public void Since_latest_is_the_newest_of_each_key_and_then_live_events(bool isChunked, params string[] selectors)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 16 } });
        for (var i = 0; i < 200; i++) hub.Publish("a", $"{i}", key: i < 100 ? $"k{i % 10}" : "often");
        var last = hub.Publish("a", "no key");

        var subscription = hub.Join(new RecordingSubscription { IsChunked = isChunked }, ResumePoint.Latest, selectors);

        subscription.WaitForData([.. Enumerable.Range(90, 10).Select(i => $"{i}"), "199"]);
        TestHub.Settle(subscription);
        Assert.That(subscription.Stream.Blocks[0].Id, Is.Null, "The client keeps its own resume point.");
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo(last.ToString()), "It resumes after all that it was not sent.");
        hub.Publish("a", "live 1", key: "often");
        hub.Publish("a", "live 2", key: "often");
        Eventually.True(() => subscription.Data is [.., "live 1", "live 2"]);
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Since_latest_of_a_topic_without_keys_moves_the_client_to_the_head()
    {
        using var hub = new TestHub();
        var last = hub.PublishRange("a", 1, 5);

        var subscription = hub.Subscribe(ResumePoint.Latest, "a");

        Eventually.True(() => subscription.Stream.LastEventId == last.ToString());
        Assert.That(subscription.Data, Is.Empty);
        hub.Publish("a", "live");
        subscription.WaitForData("live");
    }

    [TestCase("a")]
    [TestCase("*")]
    public async Task Since_latest_under_publishing_has_the_newest_of_every_key_and_nothing_twice(string selector)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2, Retention = new TopicRetention { MaxEvents = 32 } });
        const int Keys = 20;
        for (var i = 0; i < Keys; i++) hub.Publish("a", $"{i}/0", key: $"{i}");
        var latest = new int[Keys];
        var subscribers = new List<(RecordingSubscription Subscription, int[] Floor)>();
        var publishing = Task.Run(() =>
        {
            var random = new Random(3);
            for (var i = 1; i <= 10_000; i++)
            {
                var key = random.Next(Keys);
                hub.Publish("a", $"{key}/{i}", key: $"{key}");
                Volatile.Write(ref latest[key], i);
            }
        });
        while (!publishing.IsCompleted && subscribers.Count < 50)
        {
            // What was newest before it joined is the least that its snapshot and what follows may have.
            var floor = (int[])latest.Clone();
            var subscription = hub.Subscribe(ResumePoint.Latest, selector);
            subscribers.Add((subscription, floor));
            Eventually.True(() => subscription.Stream.Data.Length > 0);
        }

        await publishing;
        hub.Publish("a", "end");
        foreach (var (subscription, floor) in subscribers)
        {
            Eventually.True(() => subscription.Data is [.., "end"]);
            var numbers = subscription.Data[..^1].Select(data => data.Split('/'))
                .Select(parts => (Key: int.Parse(parts[0]), Number: int.Parse(parts[1]))).ToArray();
            for (var key = 0; key < Keys; key++)
            {
                var got = numbers.Where(pair => pair.Key == key).Select(pair => pair.Number).ToArray();
                Assert.That(got, Is.Ordered.And.Unique);
                Assert.That(got[0], Is.GreaterThanOrEqualTo(floor[key]));
                Assert.That(got[^1], Is.EqualTo(latest[key]));
            }

            Assert.That(subscription.Stream.Gaps, Is.Empty);
        }
    }
}
