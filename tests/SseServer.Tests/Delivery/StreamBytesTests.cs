using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>Golden bytes: the greeting and events as they go over the wire.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StreamBytesTests
{
    // One millisecond of spread only, so that the reconnection time is always the same.
    private static readonly HubOptions Options = HubOptions.Default with { Shards = 1, ReconnectionTime = TimeSpan.FromMilliseconds(1) };

    private const string Greeting =
        "id: 1763796523000-0\nevent: connected\nretry: 1\ndata: Connection established at 2025-11-22T07:28:43.000Z\n\n";

    [Test]
    public void Chunked_stream_begins_with_the_preamble_and_a_greeting_in_a_chunk()
    {
        using var hub = new TestHub(Options);
        var subscription = new RecordingSubscription { Preamble = "head\r\n\r\n"u8.ToArray() };

        hub.Join(subscription, ResumePoint.Head, "a");
        Eventually.True(() => subscription.Length > 8);

        Assert.That(subscription.Text, Is.EqualTo($"head\r\n\r\n{Greeting.Length:x}\r\n{Greeting}\r\n"));
    }

    [Test]
    public void An_event_is_one_chunk_that_begins_with_its_id()
    {
        using var hub = new TestHub(Options);
        var subscription = hub.SubscribeLive("a");
        var begin = subscription.Length;

        hub.Time.Advance(TimeSpan.FromMilliseconds(5));
        hub.Publish("a", "one\ntwo", name: "tick");
        subscription.WaitForCount(1);

        const string Block = "id: 1763796523005-0\nevent: tick\ndata: one\ndata: two\n\n";
        Assert.That(subscription.Text[begin..], Is.EqualTo($"{Block.Length:x}\r\n{Block}\r\n"));
    }

    [Test]
    public void An_event_with_its_publishers_id_ends_with_a_block_of_the_event_id()
    {
        using var hub = new TestHub(Options);
        var subscription = hub.SubscribeLive("a");
        var begin = subscription.Length;

        hub.Publish("a", "x", id: "order-17");
        subscription.WaitForCount(1);

        const string Blocks = "id: order-17\ndata: x\n\nid: 1763796523000-1\n\n";
        Assert.That(subscription.Text[begin..], Is.EqualTo($"{Blocks.Length:x}\r\n{Blocks}\r\n"));
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo("1763796523000-1"));
    }

    [Test]
    public void A_stream_without_chunked_coding_has_the_same_blocks_without_chunks()
    {
        using var hub = new TestHub(Options);
        var subscription = hub.Join(new RecordingSubscription { IsChunked = false }, ResumePoint.Head, "a");
        Eventually.True(() => subscription.Length > 0);

        hub.Publish("a", "x");
        hub.Publish("a", "y", id: "order-17");
        subscription.WaitForCount(2);

        Assert.That(subscription.Text, Is.EqualTo(
            Greeting + "id: 1763796523000-1\ndata: x\n\nid: order-17\ndata: y\n\nid: 1763796523000-2\n\n"));
    }

    [Test]
    public void The_reconnection_time_is_spread_around_its_mean()
    {
        Assert.That(RetryPacing.Jitter(TimeSpan.FromSeconds(4), 0), Is.EqualTo(3000));
        Assert.That(RetryPacing.Jitter(TimeSpan.FromSeconds(4), 0.5), Is.EqualTo(4000));
        Assert.That(RetryPacing.Jitter(TimeSpan.FromSeconds(4), 0.999), Is.InRange(4990, 5000));
        Assert.That(RetryPacing.Jitter(TimeSpan.Zero, 0.5), Is.EqualTo(1));
    }

    [TestCase("connected", true)]
    [TestCase("gap", true)]
    [TestCase("heartbeat", true)]
    [TestCase("auth-expiring", true)]
    [TestCase("message", false)]
    [TestCase("Gap", false)]
    public void The_servers_event_names_are_reserved(string name, bool expected)
        => Assert.That(ControlBlocks.IsReserved(System.Text.Encoding.UTF8.GetBytes(name)), Is.EqualTo(expected));
}
