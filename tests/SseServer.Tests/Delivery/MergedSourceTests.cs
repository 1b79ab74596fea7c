using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MergedSourceTests
{
    [TestCase("a", "b", "c")]
    [TestCase("c", "a", "b")]
    [TestCase("*")]
    [TestCase("a", "*")]
    [TestCase("*", "**", "b", "b")]
    public void Several_topics_come_in_id_order_each_event_once(params string[] selectors)
    {
        using var hub = new TestHub();
        var expected = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            expected.Add($"{i}");
            hub.Publish("aabcab"[i % 6].ToString(), $"{i}");
        }

        var subscription = hub.Subscribe(ResumePoint.Oldest, selectors);
        subscription.WaitForCount(30);
        for (var i = 30; i < 60; i++)
        {
            expected.Add($"{i}");
            hub.Publish("aabcab"[i % 6].ToString(), $"{i}");
        }

        subscription.WaitForData([.. expected]);
        TestHub.Settle(subscription);
        Assert.That(subscription.Data, Has.Length.EqualTo(60));
    }

    [Test]
    public void A_batch_over_several_topics_comes_in_one_send()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a", "b");
        var sends = subscription.Connection.Sends;
        var batch = new PublishBatch();
        for (var i = 0; i < 10; i++) TestHub.Add(batch, i % 2 == 0 ? "a" : "b", "x"u8);

        hub.Hub.PublishNow(batch);
        subscription.WaitForCount(10);

        Assert.That(subscription.Connection.Sends - sends, Is.EqualTo(1));
    }

    [Test]
    public void A_merged_stream_larger_than_the_scratch_buffer_comes_whole()
    {
        using var hub = new TestHub();
        for (var i = 0; i < 300; i++) hub.Publish(i % 2 == 0 ? "a" : "b", $"{i} " + new string('x', i * 40));

        var subscription = hub.Subscribe(ResumePoint.Oldest, "a", "b");
        subscription.WaitForCount(300);

        Assert.That(subscription.Data.Select(data => data.Split(' ')[0]), Is.EqualTo(Enumerable.Range(0, 300).Select(i => $"{i}")));
    }

    [TestCase(new[] { "t/0", "t/1", "t/2", "t/3", "t/4", "t/5", "t/6", "t/7" }, true)]
    [TestCase(new[] { "t/*" }, true)]
    [TestCase(new[] { "t/*", "t/3", "t/4" }, false)]
    public void The_last_id_is_an_exact_resume_point_for_all_topics_at_once_while_publishers_run(string[] selectors, bool isChunked)
        => ReadInRandomCuts(selectors, isChunked, HubOptions.Default with { Shards = 2 }, store: null);

    [TestCase(new[] { "t/0", "t/1", "t/2", "t/3", "t/4", "t/5", "t/6", "t/7" }, true, "t/*")]
    [TestCase(new[] { "t/*" }, true, "none")]
    [TestCase(new[] { "t/*", "t/3", "t/4" }, false, "t/5")]
    public void With_a_store_and_little_memory_it_is_exact_too_for_either_durability(string[] selectors, bool isChunked, string fast)
    {
        var rule = new TopicRule(TestHub.Select(fast), new TopicRetention(), Durability.Async);
        var options = HubOptions.Default with { Shards = 2, MaxHistoryBytes = 64 * 1024, Rules = [rule] };
        var store = new MemoryEventStore();

        ReadInRandomCuts(selectors, isChunked, options, store);
    }

    private static void ReadInRandomCuts(string[] selectors, bool isChunked, HubOptions options, MemoryEventStore? store)
    {
        const int Topics = 8;
        const int EventsPerTopic = 2500;
        using var hub = new TestHub(options, TimeProvider.System, store);
        var random = new Random(17);
        var next = new int[Topics];
        var lastId = hub.Hub.Head;
        var resume = lastId.ToString();
        var publishers = StartPublishers(hub, Topics, EventsPerTopic);

        for (var total = 0; total < Topics * EventsPerTopic;)
        {
            var subscription = new RecordingSubscription { IsChunked = isChunked };
            subscription.Connection.Take(random.Next(200, 20_000));
            hub.Join(subscription, TestHub.After(resume), selectors);
            Eventually.True(() => subscription.Connection.IsPending || subscription.Length > 5000
                || Array.TrueForAll(publishers, p => !p.IsAlive));
            if (Array.TrueForAll(publishers, p => !p.IsAlive)) TestHub.Settle(subscription);
            subscription.PeerLost();
            subscription.Connection.Break();
            subscription.WaitForEnd(StreamEnding.Broken);

            // The network loses some of the end, too.
            var bytes = subscription.Connection.ToArray();
            var stream = ReceivedStream.Read(bytes.AsSpan(0, Math.Max(0, bytes.Length - random.Next(200))), isChunked);
            Assert.That(stream.Gaps, Is.Empty);
            foreach (var received in stream.Events)
            {
                Assert.That(EventId.TryParse(System.Text.Encoding.UTF8.GetBytes(received.Id!), out var id), Is.True);
                Assert.That(id, Is.GreaterThan(lastId));
                lastId = id;
                var (topic, number) = Parse(received.Data!);
                Assert.That(number, Is.EqualTo(next[topic]++), $"topic {topic}");
                total++;
            }

            resume = stream.LastEventId ?? resume;
        }

        foreach (var publisher in publishers) publisher.Join();
        if (store is null) return;

        // And once more in one go, when little of it is left in memory.
        hub.Publish("other", "commits what was shown before it");
        var all = hub.Join(new RecordingSubscription { IsChunked = isChunked }, ResumePoint.Oldest, selectors);
        all.WaitForCount(Topics * EventsPerTopic);
        Assert.That(all.Stream.Events.Select(e => e.Id).Distinct().Count(), Is.EqualTo(Topics * EventsPerTopic));
        Assert.That(store.PagesRead, Is.GreaterThan(0), "Memory had everything.");
    }

    private static Thread[] StartPublishers(TestHub hub, int topics, int eventsPerTopic)
    {
        var threads = new Thread[topics];
        for (var topic = 0; topic < topics; topic++)
        {
            var name = $"t/{topic}";
            threads[topic] = new Thread(() =>
            {
                for (var i = 0; i < eventsPerTopic; i++)
                {
                    hub.Publish(name, $"{name[2..]}:{i}");
                    if (i % 10 == 0) Thread.Yield();
                }
            });
        }

        foreach (var thread in threads) thread.Start();
        return threads;
    }

    private static (int Topic, int Number) Parse(string data)
    {
        var colon = data.IndexOf(':', StringComparison.Ordinal);
        return (int.Parse(data[..colon], null), int.Parse(data[(colon + 1)..], null));
    }
}
