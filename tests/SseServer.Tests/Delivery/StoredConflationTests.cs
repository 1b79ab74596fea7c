using System.Globalization;
using System.Text;
using SseServer.Catalog;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>Subscribers that lag need the store for less than others do.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StoredConflationTests : IDisposable
{
    private readonly MemoryEventStore _store = new();
    private int _published;

    public void Dispose() => _store.Dispose();

    [TestCase("a")]
    [TestCase("*")]
    public void A_page_that_was_asked_for_before_the_subscriber_lagged_is_not_sent_after_what_it_got_from_memory(string selector)
    {
        using var hub = new TestHub(HubOptions.Default with
        {
            Shards = 1,
            Retention = new() { MaxEvents = 16 },
            HeartbeatInterval = TimeSpan.FromSeconds(10)
        }, store: _store);
        var subscriber = hub.SubscribeLive(selector);
        var plug = hub.SubscribeLive("other/plug");
        _store.ReadsMayPass.Reset();
        FallBehind(hub, subscriber, plug);
        Eventually.True(() => subscriber.Replay is { IsAsked: true });

        subscriber.Connection.Take(1);
        // A heartbeat that the connection does not take.
        Eventually.True(() =>
        {
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            return subscriber.Connection.IsPending;
        });
        subscriber.Connection.Take(int.MaxValue);
        Eventually.True(() => subscriber.Stream.Data is [.., var last] && last == $"{_published}");
        _store.ReadsMayPass.Set();
        Eventually.True(() => subscriber.Replay is { IsAsked: false });
        TestHub.Settle(subscriber);
        FallBehind(hub, subscriber, plug);
        Eventually.True(() => subscriber.Stream.Data is [.., var last] && last == $"{_published}");

        Assert.That(subscriber.Data.Select(data => int.Parse(data, CultureInfo.InvariantCulture)), Is.Ordered.And.Unique);
        Assert.That(subscriber.Stream.Gaps, Is.Empty);
    }

    // More is published than memory keeps, while the shard is busy with another subscriber.
    private void FallBehind(TestHub hub, RecordingSubscription subscriber, RecordingSubscription plug)
    {
        using var mayGoOn = new ManualResetEventSlim();
        using var isHeld = new ManualResetEventSlim();
        plug.Sending = () =>
        {
            isHeld.Set();
            mayGoOn.Wait(TimeSpan.FromSeconds(20));
        };
        hub.Begin("other/plug", "plug");
        Eventually.True(() => isHeld.IsSet);
        var at = hub.Hub.Head;
        for (var i = 0; i < 100; i++)
        {
            var batch = new PublishBatch();
            TestHub.Add(batch, "a", Encoding.UTF8.GetBytes($"{++_published}"), key: $"k{_published % 4}");
            _ = hub.Hub.PublishAsync(batch).AsTask();
        }

        Eventually.True(() => subscriber.Cursors[0].Log.Marks.MemoryStart > at);
        Eventually.True(() => subscriber.Cursors[0].Log.AppendedEvents >= _published);
        plug.Sending = null;
        mayGoOn.Set();
    }
}
