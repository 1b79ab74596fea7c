using SseServer.Delivery;
using SseServer.Protocol.EventStream;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>A connection may stop taking bytes anywhere; a subscriber must get each byte once, in order, all the same.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PartialWriteTests
{
    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "a", "b", "c")]
    [TestCase(false, "a", "b", "c")]
    [TestCase(true, "*")]
    [TestCase(false, "*")]
    [TestCase(true, "a", "*", "b")]
    public void A_send_that_stops_at_any_byte_loses_and_repeats_nothing(bool isChunked, params string[] selectors)
    {
        using var hub = new TestHub();
        var start = hub.Hub.Head;
        for (var i = 0; i < 6; i++)
            foreach (var topic in new[] { "a", "b", "c" }) hub.Publish(topic, $"{topic} {i}\nline", id: i == 3 ? "given" : null);
        var whole = Read(hub, start, isChunked, selectors, cut: null);
        var greeting = Array.IndexOf(whole, (byte)'\n', whole.AsSpan().IndexOf("data: Conn"u8));
        Assert.That(whole, Has.Length.GreaterThan(greeting + 200));

        for (var cut = 0; cut <= whole.Length; cut++)
            Assert.That(Read(hub, start, isChunked, selectors, cut).AsSpan().SequenceEqual(whole), Is.True, $"cut at {cut}");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_large_frame_continues_where_the_send_stopped(bool isChunked)
    {
        var large = new string('x', 100_000);
        foreach (var selectors in new[] { new[] { "a" }, ["a", "b"], ["*"] })
        {
            using var hub = new TestHub();
            var start = hub.Hub.Head;
            hub.Publish("a", "before");
            hub.Publish("a", large);
            hub.Publish("a", "after");
            var whole = Read(hub, start, isChunked, selectors, cut: null);

            foreach (var cut in new[] { 150, 300, 5000, 60_000, 90_000, 100_050 })
                Assert.That(Read(hub, start, isChunked, selectors, cut).AsSpan().SequenceEqual(whole), Is.True, $"cut at {cut}");
        }
    }

    [Test]
    public void What_was_published_while_a_write_was_pending_comes_in_one_send()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(0);
        hub.Publish("a", "refused");
        subscription.WaitUntilBlocked();
        var sends = subscription.Connection.Sends;
        hub.PublishRange("a", 1, 20);

        subscription.Connection.Take(int.MaxValue);
        subscription.WaitForCount(21);

        Assert.That(subscription.Connection.Sends - sends, Is.LessThanOrEqualTo(2), "The log's segments, not its frames.");
    }

    [Test]
    public void A_subscriber_that_takes_little_at_a_time_gets_everything()
    {
        using var hub = new TestHub();
        var subscription = new RecordingSubscription();
        subscription.Connection.Take(0);
        hub.Join(subscription, ResumePoint.Head, "a", "b");
        subscription.WaitUntilBlocked();
        for (var i = 0; i < 50; i++) hub.Publish(i % 2 == 0 ? "a" : "b", $"{i}");

        for (var room = 1; subscription.Stream.Data.Length < 50; room = room % 97 + 1)
        {
            subscription.WaitUntilBlocked();
            subscription.Connection.Take(room);
            TestHub.Settle(subscription);
        }

        Assert.That(subscription.Data, Is.EqualTo(Enumerable.Range(0, 50).Select(i => $"{i}")));
    }

    // Everything after the greeting that a subscriber gets over a connection that blocks once, after some bytes.
    private static byte[] Read(TestHub hub, EventId start, bool isChunked, string[] selectors, int? cut)
    {
        var subscription = new RecordingSubscription { IsChunked = isChunked };
        subscription.Connection.Take(cut ?? int.MaxValue);
        hub.Join(subscription, TestHub.After(start), selectors);
        if (cut is not null) Eventually.True(() => subscription.Connection.IsPending || subscription.Length == cut);
        TestHub.Settle(subscription);
        subscription.Connection.Take(int.MaxValue);
        subscription.End(retryMilliseconds: 0);
        subscription.WaitForEnd(StreamEnding.Complete);
        var bytes = subscription.Connection.ToArray();
        // The reconnection time differs from stream to stream, also in its length.
        return bytes[bytes.AsSpan().IndexOf("data: Conn"u8)..];
    }
}
