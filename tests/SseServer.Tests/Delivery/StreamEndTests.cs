using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StreamEndTests
{
    [TestCase(true, 2500, "d\r\nretry: 2500\n\n\r\n0\r\n\r\n")]
    [TestCase(true, 0, "0\r\n\r\n")]
    [TestCase(false, 2500, "retry: 2500\n\n")]
    [TestCase(false, 0, "")]
    public void A_clean_end_has_a_last_reconnection_time_and_the_last_chunk(bool isChunked, int retry, string expected)
    {
        using var hub = new TestHub();
        var subscription = hub.Join(new RecordingSubscription { IsChunked = isChunked }, ResumePoint.Head, "a");
        Eventually.True(() => subscription.Length > 0);
        var begin = subscription.Length;

        subscription.End(retry);
        subscription.WaitForEnd(StreamEnding.Complete);

        Assert.That(subscription.Text[begin..], Is.EqualTo(expected));
        Assert.That(hub.Hub.Streams, Is.Zero);
    }

    [Test]
    public void A_drain_ends_all_streams_and_those_that_come_later()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2, ReconnectionTime = TimeSpan.FromSeconds(4) });
        var subscriptions = Enumerable.Range(0, 20).Select(_ => hub.SubscribeLive("a")).ToList();

        hub.Hub.Shedder.BeginDrain(TimeSpan.Zero);
        foreach (var subscription in subscriptions) subscription.WaitForEnd(StreamEnding.Shed);
        for (var i = 0; i < 2; i++) subscriptions.Add(hub.Subscribe(ResumePoint.Head, "a"));

        foreach (var subscription in subscriptions)
        {
            subscription.WaitForEnd(StreamEnding.Shed);
            Assert.That(subscription.Stream.IsEnded, Is.True);
            Assert.That(subscription.Stream.Blocks, Has.Count.EqualTo(2));
            Assert.That(int.Parse(subscription.Stream.Blocks[1].Retry!, null), Is.InRange(3000, 5004));
        }

        Assert.That(subscriptions.Select(subscription => subscription.Stream.Blocks[1].Retry).Distinct().Count(), Is.GreaterThan(10));
        Assert.That(hub.Hub.Streams, Is.Zero);
    }

    [Test]
    public void The_end_of_a_blocked_stream_comes_after_its_frame_and_waits_for_room()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(20);
        hub.Publish("a", "whole");
        subscription.WaitUntilBlocked();
        subscription.End(1000);
        TestHub.Settle(subscription);
        Assert.That(subscription.Ending, Is.Null);

        subscription.Connection.Take(25);
        TestHub.Settle(subscription);
        subscription.WaitUntilBlocked();
        subscription.Connection.Take(int.MaxValue);

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Is.EqualTo(new[] { "whole" }));
        Assert.That(subscription.Stream.IsEnded, Is.True);
    }

    [Test]
    public void A_lost_peer_is_sent_nothing_more()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        var length = subscription.Length;

        subscription.PeerLost();
        subscription.WaitForEnd(StreamEnding.Broken);
        hub.Publish("a", "x");

        Assert.That(subscription.Length, Is.EqualTo(length));
        Assert.That(hub.Hub.Streams, Is.Zero);
    }

    [Test]
    public void A_lost_peer_ends_once_its_pending_write_has()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(0);
        hub.Publish("a", "x");
        subscription.WaitUntilBlocked();

        subscription.PeerLost();
        TestHub.Settle(subscription);
        Assert.That(subscription.Ending, Is.Null);
        subscription.Connection.Break();

        subscription.WaitForEnd(StreamEnding.Broken);
    }

    [TestCase("a")]
    [TestCase("a", "b")]
    [TestCase("*")]
    public void A_connection_that_breaks_in_a_send_ends_only_its_stream(params string[] selectors)
    {
        using var hub = new TestHub();
        var first = hub.SubscribeLive(selectors);
        var broken = hub.SubscribeLive(selectors);
        var last = hub.SubscribeLive(selectors);

        broken.Connection.Break();
        hub.Publish("a", "x");
        hub.Publish("a", "y");

        first.WaitForData("x", "y");
        last.WaitForData("x", "y");
        broken.WaitForEnd(StreamEnding.Broken);
        Assert.That(hub.Hub.Streams, Is.EqualTo(2));
    }

    [Test]
    public void A_connection_that_breaks_before_its_greeting_ends()
    {
        using var hub = new TestHub();
        var subscription = new RecordingSubscription();
        subscription.Connection.Break();

        hub.Join(subscription, ResumePoint.Head, "a");

        subscription.WaitForEnd(StreamEnding.Broken);
        Assert.That(hub.Hub.Streams, Is.Zero);
    }

    [TestCase("a")]
    [TestCase("a", "b")]
    [TestCase("*")]
    public void A_bug_in_a_send_costs_only_that_stream(params string[] selectors)
    {
        using var hub = new TestHub { ExpectsFaults = true };
        var first = hub.SubscribeLive(selectors);
        var faulty = hub.SubscribeLive(selectors);
        var last = hub.SubscribeLive(selectors);
        faulty.Sending = () => throw new InvalidOperationException("played");

        hub.Publish("a", "x");
        hub.Publish("a", "y");

        first.WaitForData("x", "y");
        last.WaitForData("x", "y");
        faulty.WaitForEnd(StreamEnding.Broken);
        Assert.That(hub.Faults.Single().Message, Is.EqualTo("played"));
    }

    [Test]
    public void A_stream_told_to_end_again_while_its_end_is_written_is_sent_no_event_after_it()
    {
        using var hub = new TestHub();
        var ending = hub.SubscribeLive("a");
        var other = hub.SubscribeLive("b");
        ending.Connection.Take(0);
        ending.End(1000);
        ending.WaitUntilBlocked();
        hub.Publish("a", "late");
        // On the shard, so that it finds both signals at once: the write is done, and the stream is to end.
        other.Sending = () =>
        {
            ending.End(1000);
            ending.Connection.Take(int.MaxValue);
        };
        hub.Publish("b", "x");

        ending.WaitForEnd(StreamEnding.Complete);
        Assert.That(ending.Text, Does.EndWith("\r\n0\r\n\r\n"));
        Assert.That(ending.Data, Is.Empty);
    }
}
