using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// RFC 9112 section 9.6: a client may close its own half once it has sent its last request. What it asked for is everything up to the
/// head at that moment; the clean end says that this was all.
/// </summary>
[TestFixture(false)]
[TestFixture(true)]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PeerFinishedTests : IDisposable
{
    // Many times what a turn sends, and many pages of the store.
    private const int Events = 3000;

    private static readonly byte[] Filling = [.. Enumerable.Repeat((byte)'x', 500)];

    private readonly MemoryEventStore? _store;

    public PeerFinishedTests(bool isStored) => _store = isStored ? new MemoryEventStore() : null;

    public void Dispose() => _store?.Dispose();

    [Test]
    public void It_is_sent_all_history_and_then_the_end(
        [Values("a", "a b", "*")] string selectors, [Values] bool isChunked, [Values] bool isSlow)
    {
        using var hub = Start();
        Fill(hub);
        hub.PublishRange("other", 1, 10);
        var subscription = new RecordingSubscription { IsChunked = isChunked };
        hub.Hold(subscription, ResumePoint.Oldest, selectors.Split(' '));
        if (isSlow) subscription.Connection.Take(200_000);

        EventHub.Join(subscription);
        subscription.PeerFinished();
        while (isSlow && subscription.Ending is null)
        {
            Eventually.True(() => subscription.Connection.IsPending || subscription.Ending is not null);
            subscription.Connection.Take(200_000);
        }

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Has.Length.EqualTo(selectors == "*" ? Events + 10 : Events));
        Assert.That(subscription.Stream.IsEnded, Is.EqualTo(isChunked));
    }

    [Test]
    public void It_is_sent_a_finite_topic_to_its_end([Values] bool isChunked, [Values(null, "last")] string? data)
    {
        using var hub = Start();
        Fill(hub);
        var end = hub.End("a", data);
        hub.Publish("b", "later");
        var subscription = new RecordingSubscription { IsChunked = isChunked };
        hub.Hold(subscription, ResumePoint.Oldest, "a");

        EventHub.Join(subscription);
        subscription.PeerFinished();

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Has.Length.EqualTo(data is null ? Events : Events + 1));
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo(end.ToString()));
    }

    [Test]
    public void It_is_not_kept_by_events_that_come_later()
    {
        using var hub = Start();
        Fill(hub);
        var subscription = new RecordingSubscription();
        hub.Hold(subscription, ResumePoint.Oldest, "a");
        // Each send finds more published than it takes, so the head is never reached.
        var published = 0;
        subscription.Sending = () =>
        {
            if (published >= 50_000) return;
            published += 400;
            Fill(hub, 400);
        };

        EventHub.Join(subscription);
        subscription.PeerFinished();

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Has.Length.GreaterThanOrEqualTo(Events));
        Assert.That(published, Is.LessThan(50_000));
    }

    [Test]
    public void It_is_sent_what_follows_its_resume_point_and_passes_its_filter()
    {
        using var hub = Start();
        Fill(hub);
        var last = hub.Publish("a", "wanted", name: "wanted");
        EventFilter.TryCreate(["wanted"u8.ToArray()], out var filter, out _);
        var subscription = new RecordingSubscription { Filter = filter };
        hub.Hold(subscription, ResumePoint.Oldest, "a");

        EventHub.Join(subscription);
        subscription.PeerFinished();

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Is.EqualTo(new[] { "wanted" }));
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo(last.ToString()));
    }

    [Test]
    public void At_the_head_it_is_sent_the_end_at_once()
    {
        using var hub = Start();
        var subscription = hub.SubscribeLive("a");

        subscription.PeerFinished();

        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Stream.IsEnded, Is.True);
    }

    // With a store, memory holds a sixth of the history.
    private TestHub Start() => new(
        HubOptions.Default with
        {
            Shards = 1,
            Retention = HubOptions.Default.Retention with { MaxEvents = 200_000, MaxBytes = 256 * 1024 * 1024 },
            MaxHistoryBytes = _store is null ? 256 * 1024 * 1024 : 300_000,
        },
        store: _store);

    private static void Fill(TestHub hub, int events = Events)
    {
        for (var left = events; left > 0; left -= 100)
        {
            var batch = new PublishBatch();
            for (var i = 0; i < Math.Min(left, 100); i++) TestHub.Add(batch, "a", Filling);
            Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));
        }
    }
}
