using SseServer.Delivery;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HeartbeatTests
{
    [TestCase(true, "2\r\n:\n\r\n")]
    [TestCase(false, ":\n")]
    public void A_silent_stream_gets_a_comment(bool isChunked, string expected)
    {
        using var hub = new TestHub();
        var subscription = SubscribeLive(hub, new RecordingSubscription { IsChunked = isChunked });
        var begin = subscription.Length;

        hub.AdvanceSeconds(subscription, seconds: 14);
        Assert.That(subscription.Length, Is.EqualTo(begin));
        hub.AdvanceSeconds(subscription, seconds: 1);
        Assert.That(subscription.Text[begin..], Is.EqualTo(expected));
        hub.AdvanceSeconds(subscription, seconds: 15);
        Assert.That(subscription.Text[begin..], Is.EqualTo(expected + expected));
    }

    [Test]
    public void A_silent_stream_gets_a_named_event_if_the_client_asked_for_one()
    {
        using var hub = new TestHub();
        var subscription = SubscribeLive(hub, new RecordingSubscription { HasHeartbeatEvents = true });
        var begin = subscription.Length;

        hub.AdvanceSeconds(subscription, seconds: 15);

        const string Block = "event: heartbeat\ndata: 1763796538000\n\n";
        Assert.That(subscription.Text[begin..], Is.EqualTo($"{Block.Length:x}\r\n{Block}\r\n"));
    }

    [Test]
    public void A_stream_with_events_has_no_heartbeats()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");

        for (var i = 0; i < 10; i++)
        {
            hub.AdvanceSeconds(subscription, seconds: 10);
            hub.Publish("a", "x");
            TestHub.Settle(subscription);
        }

        Assert.That(subscription.Stream.Blocks.Any(block => block.IsComment), Is.False);
    }

    [Test]
    public void A_blocked_subscriber_is_sent_none()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(3);
        hub.Publish("a", "x");
        subscription.WaitUntilBlocked();

        hub.AdvanceSeconds(subscription, seconds: 60);
        subscription.Connection.Take(int.MaxValue);

        subscription.WaitForData("x");
        Assert.That(subscription.Stream.Blocks.Any(block => block.IsComment), Is.False);
    }

    [Test]
    public void A_heartbeat_that_is_not_taken_blocks_the_subscriber_and_is_finished_first()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(2);
        hub.AdvanceSeconds(subscription, seconds: 15);
        subscription.WaitUntilBlocked();

        hub.Publish("a", "x");
        subscription.Connection.Take(int.MaxValue);

        subscription.WaitForData("x");
        Assert.That(subscription.Stream.Blocks[1].IsComment, Is.True);
    }

    [Test]
    public void Subscribers_that_joined_together_get_their_heartbeats_spread_over_some_seconds()
    {
        using var hub = new TestHub();
        var subscriptions = Enumerable.Range(0, 64).Select(_ => hub.SubscribeLive("a")).ToArray();
        var begin = subscriptions[0].Length;
        var counts = new List<int>();

        for (var second = 0; second < 15; second++)
        {
            hub.AdvanceSeconds(subscriptions[0], seconds: 1);
            counts.Add(subscriptions.Count(subscription => subscription.Stream.Blocks.Count == 2) - counts.Sum());
        }

        Assert.That(begin, Is.GreaterThan(0));
        Assert.That(counts.Take(11), Is.All.Zero);
        Assert.That(counts.Sum(), Is.EqualTo(64));
        Assert.That(counts.Max(), Is.LessThan(32));
    }

    [Test]
    public void A_bug_in_a_heartbeats_write_costs_only_that_stream()
    {
        using var hub = new TestHub { ExpectsFaults = true };
        var first = hub.SubscribeLive("a");
        var faulty = hub.SubscribeLive("a");
        var last = hub.SubscribeLive("a");
        faulty.Writing = () => throw new InvalidOperationException("played");

        hub.Time.Advance(TimeSpan.FromSeconds(16));
        faulty.WaitForEnd(StreamEnding.Broken);
        hub.Publish("a", "x");

        first.WaitForData("x");
        last.WaitForData("x");
        Assert.That(hub.Faults.Single().Message, Is.EqualTo("played"));
        Assert.That(hub.Hub.Streams, Is.EqualTo(2));
    }

    private static RecordingSubscription SubscribeLive(TestHub hub, RecordingSubscription subscription)
    {
        hub.Join(subscription, ResumePoint.Head, "a");
        Eventually.True(() => subscription.Length > 0);
        return subscription;
    }
}
