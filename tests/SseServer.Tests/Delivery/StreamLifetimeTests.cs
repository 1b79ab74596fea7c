using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// Streams that end by themselves: they get a notice some time before, and are prolonged if another lifetime is set in time.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StreamLifetimeTests
{
    private static ReadOnlyMemory<byte> Notice => "event: auth-expiring\ndata: soon\n\n"u8.ToArray();

    [TestCase(true)]
    [TestCase(false)]
    public void Notice_and_end_come_at_their_times(bool isChunked)
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter: 10, endAfter: 20, isChunked: isChunked);
        var begin = subscription.Length;

        hub.AdvanceSeconds(subscription, seconds: 9);
        Assert.That(subscription.Length, Is.EqualTo(begin));
        hub.AdvanceSeconds(subscription, seconds: 1);
        Assert.That(subscription.Text[begin..],
            Is.EqualTo(isChunked ? "21\r\nevent: auth-expiring\ndata: soon\n\n\r\n" : "event: auth-expiring\ndata: soon\n\n"));
        hub.AdvanceSeconds(subscription, seconds: 9);
        Assert.That((subscription.Ending, subscription.Stream.Blocks.Count), Is.EqualTo(((StreamEnding?)null, 2)), "said once");
        hub.AdvanceSeconds(subscription, seconds: 1);

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(int.Parse(subscription.Stream.Blocks[^1].Retry!, null), Is.InRange(2250, 3750));
        Assert.That(hub.Hub.Streams, Is.Zero);
    }

    [TestCase(0)]
    [TestCase(-100)]
    public void Notice_that_is_due_at_the_beginning_comes_with_the_greeting(int noticeAfter)
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter, endAfter: 5);

        Assert.That(subscription.Stream.Blocks.Select(block => block.Name), Is.EqualTo(new[] { "connected", "auth-expiring" }));
        hub.AdvanceSeconds(subscription, seconds: 4);
        Assert.That(subscription.Stream.Blocks, Has.Count.EqualTo(2));
        hub.AdvanceSeconds(subscription, seconds: 1);
        subscription.WaitForEnd(StreamEnding.Complete);
    }

    [Test]
    public void Notice_moves_no_id()
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter: 1, endAfter: 20);
        hub.Publish("a", "x");
        subscription.WaitForData("x");
        var id = subscription.Stream.LastEventId;
        hub.AdvanceSeconds(subscription, seconds: 2);
        Assert.That((subscription.Stream.Blocks.Count(block => block.Name == "auth-expiring"), subscription.Stream.LastEventId),
            Is.EqualTo((1, id)));
    }

    [Test]
    public void Prolonged_stream_has_another_notice_before_another_end()
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter: 10, endAfter: 20);
        hub.AdvanceSeconds(subscription, seconds: 15);

        Assert.That(subscription.TryProlong(Lifetime(hub, noticeAfter: 15, endAfter: 30)), Is.True);
        hub.AdvanceSeconds(subscription, seconds: 14);
        Assert.That((subscription.Ending, subscription.Stream.Blocks.Count(block => block.Name == "auth-expiring")),
            Is.EqualTo(((StreamEnding?)null, 1)));
        hub.AdvanceSeconds(subscription, seconds: 1);
        Assert.That(subscription.Stream.Blocks.Count(block => block.Name == "auth-expiring"), Is.EqualTo(2));
        hub.AdvanceSeconds(subscription, seconds: 15);

        subscription.WaitForEnd(StreamEnding.Complete);
    }

    [Test]
    public void Shorter_lifetime_ends_the_stream_sooner()
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter: 100, endAfter: 200);
        Assert.That(subscription.TryProlong(Lifetime(hub, noticeAfter: 1, endAfter: 2)), Is.True);
        hub.AdvanceSeconds(subscription, seconds: 2);
        subscription.WaitForEnd(StreamEnding.Complete);
    }

    [Test]
    public void Ending_stream_is_not_prolonged_even_while_its_client_takes_nothing()
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter: 10, endAfter: 20);
        subscription.Connection.Take(3);
        hub.Publish("a", "x");
        hub.Publish("a", "after it");
        subscription.WaitUntilBlocked();

        hub.AdvanceSeconds(subscription, seconds: 20);
        Assert.That(subscription.TryProlong(Lifetime(hub, noticeAfter: 10, endAfter: 20)), Is.False);
        subscription.Connection.Take(int.MaxValue);

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Is.EqualTo(new[] { "x" }), "the frame that was being written, and nothing behind it");
    }

    [Test]
    public void Stream_without_a_lifetime_gets_none()
    {
        using var hub = CreateHub();
        Assert.That(hub.SubscribeLive("a").TryProlong(Lifetime(hub, noticeAfter: 1, endAfter: 2)), Is.False);
    }

    // The machine may sleep, or its clock be set: a lifetime ends at its time of day.
    [Test]
    public void Lifetime_goes_by_the_wall_clock()
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter: 3000, endAfter: 3600);
        hub.Time.StepWallClock(TimeSpan.FromHours(1));
        hub.AdvanceSeconds(subscription, seconds: 1);
        subscription.WaitForEnd(StreamEnding.Complete);
    }

    [Test]
    public void Notice_that_is_not_taken_blocks_the_subscriber_and_is_finished_first()
    {
        using var hub = CreateHub();
        var subscription = Join(hub, noticeAfter: 1, endAfter: 30);
        subscription.Connection.Take(2);
        hub.AdvanceSeconds(subscription, seconds: 1);
        subscription.WaitUntilBlocked();
        hub.Publish("a", "x");
        subscription.Connection.Take(int.MaxValue);
        subscription.WaitForData("x");
        Assert.That(subscription.Stream.Blocks.Select(block => block.Name), Is.EqualTo(new[] { "connected", "auth-expiring", null }));
    }

    // Without heartbeats among the blocks that are counted.
    private static TestHub CreateHub() => new(HubOptions.Default with { Shards = 1, HeartbeatInterval = TimeSpan.FromHours(2) });

    private static RecordingSubscription Join(TestHub hub, int noticeAfter, int endAfter, bool isChunked = true)
    {
        var subscription = hub.Join(
            new RecordingSubscription { IsChunked = isChunked, Lifetime = Lifetime(hub, noticeAfter, endAfter) }, ResumePoint.Head, "a");
        Eventually.True(() => subscription.Stream.Blocks.Count > 0);
        TestHub.Settle(subscription);
        return subscription;
    }

    private static StreamLifetime Lifetime(TestHub hub, int noticeAfter, int endAfter)
    {
        var now = hub.Time.GetUtcNow();
        return new(now.AddSeconds(noticeAfter), now.AddSeconds(endAfter), Notice);
    }
}
