using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

/// <summary>Topics that end, with history in memory and in a store.</summary>
[TestFixture(false)]
[TestFixture(true)]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FiniteTopicTests : IDisposable
{
    private readonly MemoryEventStore? _store;

    public FiniteTopicTests(bool isStored) => _store = isStored ? new MemoryEventStore() : null;

    public void Dispose() => _store?.Dispose();

    [Test]
    public void A_stream_gets_everything_up_to_the_end_and_ends_cleanly([Values] bool isChunked, [Values(null, "last")] string? data)
    {
        using var hub = Start();
        var live = hub.Join(new RecordingSubscription { IsChunked = isChunked }, ResumePoint.Head, "a");
        Eventually.True(() => live.Stream.Blocks.Count == 1);
        hub.Publish("a", "one");
        var end = hub.End("a", data);
        var late = hub.Join(new RecordingSubscription { IsChunked = isChunked }, ResumePoint.Oldest, "a");

        foreach (var subscription in new[] { live, late })
        {
            subscription.WaitForEnd(StreamEnding.Complete);
            Assert.That(subscription.Data, Is.EqualTo(data is null ? ["one"] : new[] { "one", data }));
            Assert.That(subscription.Stream.LastEventId, Is.EqualTo(end.ToString()));
            Assert.That(subscription.Stream.IsEnded, Is.EqualTo(isChunked));
            // Greeting, event, end; if the end is no event, a last block with data repeats its id.
            Assert.That(subscription.Stream.Blocks, Has.Count.EqualTo(data is null ? 4 : 3));
            Assert.That(subscription.Stream.Blocks.Last(block => block.Data is not null).Id, Is.EqualTo(end.ToString()));
        }
    }

    [Test]
    public void Nothing_is_left_to_read_at_or_after_the_end()
    {
        using var hub = Start();
        var one = hub.Publish("a", "one");
        var batch = new PublishBatch();
        TestHub.Add(batch, "a", "last"u8, id: "done", isFinal: true);
        Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));
        hub.Publish("b", "after");
        var now = hub.Time.GetUtcNow();

        foreach (var start in new[] { ResumePoint.Head, TestHub.After(batch.IdOf(0)), TestHub.After("done"), TestHub.After(hub.Hub.Head),
            ResumePoint.At(now.AddSeconds(1)) })
            Assert.That(hub.IsOver(start, "a"), Is.True, $"{start}");
        foreach (var start in new[] { ResumePoint.Oldest, TestHub.After(one), TestHub.After("unknown"), TestHub.After("9999999999999-0"),
            ResumePoint.At(now) })
            Assert.That(hub.IsOver(start, "a"), Is.False, $"{start}");
        Assert.That(hub.IsOver(ResumePoint.Head, "a", "a"), Is.True);
        foreach (var selectors in new string[][] { ["b"], ["c"], ["a", "b"], ["a", "c"], ["a", "*"], ["*"] })
            Assert.That(hub.IsOver(ResumePoint.Head, selectors), Is.False, string.Join(',', selectors));
        Assert.That(hub.Hub.TopicCount, Is.EqualTo(2), "Asking creates no topic.");
    }

    [TestCase(null)]
    [TestCase("last")]
    public void An_ended_topic_takes_nothing_but_repeats(string? data)
    {
        using var hub = Start();
        var given = hub.Publish("a", "one", id: "given");
        var end = hub.End("a", data);
        var head = hub.Hub.Head;

        var batch = new PublishBatch();
        TestHub.Add(batch, "b", "x"u8);
        TestHub.Add(batch, "a", "one"u8, id: "given");
        TestHub.Add(batch, "a", "y"u8, id: "other");
        Assert.That((hub.Publish(batch), batch.RefusedIndex), Is.EqualTo((HubStatus.TopicEnded, 2)));
        Assert.That(hub.End("a", "again", out _), Is.EqualTo(HubStatus.TopicEnded));
        Assert.That(hub.Hub.Head, Is.EqualTo(head), "Nothing is appended, not even to other topics.");

        Assert.That(hub.Publish("a", "one", id: "given"), Is.EqualTo(given));
        Assert.That(hub.End("a"), Is.EqualTo(end));
        Assert.That(hub.Hub.Head, Is.EqualTo(head));
        Assert.That(hub.Hub.Publisher.Appender.Counters.Ended, Is.EqualTo(1));
    }

    [Test]
    public void A_batch_may_end_topics_but_not_continue_after_an_end()
    {
        using var hub = Start();
        var wrong = new PublishBatch();
        TestHub.Add(wrong, "a", "one"u8);
        TestHub.AddEnd(wrong, "a", "last");
        TestHub.Add(wrong, "b", "beside"u8);
        TestHub.Add(wrong, "a", "more"u8);
        Assert.That((hub.Publish(wrong), wrong.RefusedIndex), Is.EqualTo((HubStatus.TopicEnded, 3)));

        var right = new PublishBatch();
        TestHub.Add(right, "a", "one"u8);
        TestHub.AddEnd(right, "a", "last");
        TestHub.Add(right, "b", "beside"u8);
        TestHub.AddEnd(right, "b");
        Assert.That(hub.Publish(right), Is.EqualTo(HubStatus.Ok));

        var both = hub.Subscribe(ResumePoint.Oldest, "a", "b");
        both.WaitForEnd(StreamEnding.Complete);
        Assert.That(both.Data, Is.EqualTo(new[] { "one", "last", "beside" }));
        Assert.That(hub.IsOver(TestHub.After(both.Stream.LastEventId!), "a", "b"), Is.True);
    }

    [Test]
    public void An_event_that_is_published_again_as_final_is_another_and_does_not_end_its_topic()
    {
        using var hub = Start();
        hub.Publish("a", "one", id: "given");
        var batch = new PublishBatch();
        TestHub.Add(batch, "a", "one"u8, id: "given", isFinal: true);
        Assert.That((hub.Publish(batch), batch.RefusedIndex), Is.EqualTo((HubStatus.IdConflict, 0)));
        Assert.That(hub.Topic("a").HasEnded, Is.False);
    }

    [Test]
    public void A_subscriber_of_several_topics_ends_when_all_have_ended()
    {
        using var hub = Start();
        var subscription = hub.SubscribeLive("a", "b", "c");
        hub.End("b");
        hub.Publish("a", "one");
        hub.End("a", "two");
        subscription.WaitForData("one", "two");
        TestHub.Settle(subscription);
        Assert.That(subscription.Ending, Is.Null);

        hub.End("c");
        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(hub.IsOver(TestHub.After(subscription.Stream.LastEventId!), "a", "b", "c"), Is.True);
    }

    [TestCase("*")]
    [TestCase("a", "*")]
    public void A_stream_with_a_pattern_never_ends(params string[] selectors)
    {
        using var hub = Start();
        var subscription = hub.SubscribeLive(selectors);
        hub.Publish("a", "one");
        var end = hub.End("a");
        Eventually.True(() => subscription.Stream.LastEventId == end.ToString());
        hub.Publish("b", "two");

        subscription.WaitForData("one", "two");
        TestHub.Settle(subscription);
        Assert.That(subscription.Ending, Is.Null);
    }

    [Test]
    public void A_subscriber_that_blocks_in_a_frame_gets_the_rest_and_then_the_end([Values(null, "last")] string? data)
    {
        using var hub = Start();
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(20);
        hub.Publish("a", "whole");
        subscription.WaitUntilBlocked();
        hub.Publish("a", "behind");
        hub.End("a", data);
        TestHub.Settle(subscription);
        Assert.That(subscription.Ending, Is.Null);

        subscription.Connection.Take(int.MaxValue);
        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Is.EqualTo(data is null ? ["whole", "behind"] : new[] { "whole", "behind", data }));
        Assert.That(subscription.Stream.IsEnded, Is.True);
    }

    [Test]
    public void A_topic_that_only_subscribers_named_ends_too()
    {
        using var hub = Start();
        var subscription = hub.SubscribeLive("a");
        hub.End("a");
        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(hub.IsOver(ResumePoint.Oldest, "a"), Is.False, "The end is there to read.");
        Assert.That(hub.IsOver(ResumePoint.Head, "a"), Is.True);
    }

    [TestCase("a")]
    [TestCase("a", "b")]
    public void Every_accepted_event_precedes_the_end_and_reaches_all_subscribers(params string[] selectors)
    {
        // Nothing is evicted, however late a subscriber gets its turn.
        using var hub = Start(HubOptions.Default with
        {
            Shards = 2,
            Retention = new() { MaxEvents = 10_000_000, MaxBytes = 1L << 40 },
            MaxHistoryBytes = 1L << 40
        });
        var subscribers = Enumerable.Range(0, 6).Select(_ => hub.SubscribeLive(selectors)).ToArray();
        var taken = new List<EventId>();
        var publishers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var batch = new PublishBatch();
            while (true)
            {
                batch.Clear();
                TestHub.Add(batch, "a", "x"u8);
                if (await hub.Hub.PublishAsync(batch) != HubStatus.Ok) return;
                lock (taken) taken.Add(batch.IdOf(0));
            }
        })).ToArray();
        subscribers[0].WaitForCount(100);

        var end = hub.End("a");
        Assert.That(Task.WaitAll(publishers, TimeSpan.FromSeconds(20)), Is.True);
        if (selectors.Length > 1) hub.End("b");

        var expected = taken.Order().Select(id => id.ToString()).ToArray();
        Assert.That(taken.Max(), Is.LessThan(end));
        foreach (var subscriber in subscribers)
        {
            subscriber.WaitForEnd(StreamEnding.Complete);
            Assert.That(subscriber.Stream.Events.Select(e => e.Id), Is.EqualTo(expected));
        }
    }

    private TestHub Start(HubOptions? options = null) => new(options, store: _store);
}
