using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StoreFailureTests : IDisposable
{
    private static readonly HubOptions Fast = HubOptions.Default with { Shards = 1, Durability = Durability.Async };

    private readonly MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [TestCase(StoreFailure.Full, HubStatus.StoreFull, HistoryState.Full)]
    [TestCase(StoreFailure.ReadOnly, HubStatus.StoreUnavailable, HistoryState.Unavailable)]
    [TestCase(StoreFailure.Corrupt, HubStatus.StoreUnavailable, HistoryState.Unavailable)]
    [TestCase(StoreFailure.Unavailable, HubStatus.StoreUnavailable, HistoryState.Unavailable)]
    [TestCase(StoreFailure.Missing, HubStatus.StoreMissing, HistoryState.Missing)]
    public void Publishing_is_refused_while_the_disk_fails_and_works_with_the_first_commit_that_does(
        object failure, object refusal, object state)
    {
        using var hub = new TestHub(store: _store);
        var subscription = hub.SubscribeLive("a");
        hub.Publish("a", "one");
        var head = hub.Hub.Head;

        _store.Failure = (StoreFailure)failure;
        for (var i = 0; i < 3; i++) Assert.That(hub.Begin("a", "lost").Status.Result, Is.EqualTo(refusal));
        Assert.That((hub.Hub.Head, hub.Hub.HistoryState), Is.EqualTo((head, state)));
        _store.Failure = null;
        hub.Publish("a", "two");

        Assert.That(hub.Hub.HistoryState, Is.EqualTo(HistoryState.Ok));
        subscription.WaitForData("one", "two");
        Assert.That(_store.Data("a"), Is.EqualTo(new[] { "one", "two" }));
        Assert.That(hub.Topic("a").Pending, Is.Zero, "A refused publish pins nothing.");
    }

    [Test]
    public void A_refused_id_is_no_repeat_later()
    {
        using var hub = new TestHub(store: _store);
        _store.Failure = StoreFailure.Full;
        Assert.That(hub.Begin("a", "one", id: "x").Status.Result, Is.EqualTo(HubStatus.StoreFull));
        _store.Failure = null;

        var (batch, status) = hub.Begin("a", "one", id: "x");

        Assert.That((status.Result, batch.IsRepeat(0)), Is.EqualTo((HubStatus.Ok, false)));
    }

    [Test]
    public void A_repeat_of_what_is_committed_is_answered_while_the_disk_fails()
    {
        using var hub = new TestHub(store: _store);
        var first = hub.Publish("a", "one", id: "x");
        _store.Failure = StoreFailure.Full;

        var (batch, status) = hub.Begin("a", "one", id: "x");

        Assert.That((status.Result, batch.IdOf(0)), Is.EqualTo((HubStatus.Ok, first)));
    }

    [Test]
    public void Streams_resume_and_replay_while_the_disk_takes_nothing()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 4096 }, store: _store);
        hub.PublishRange("a", 1, 200);
        _store.Failure = StoreFailure.Full;

        hub.Subscribe(ResumePoint.Oldest, "a").WaitForCount(200);
    }

    [Test]
    public void Async_events_shown_while_the_disk_fails_are_committed_once_it_works()
    {
        using var hub = new TestHub(Fast, store: _store);
        _store.Failure = StoreFailure.Unavailable;
        hub.PublishRange("a", 1, 10);
        hub.Time.Advance(TimeSpan.FromMilliseconds(25));
        Eventually.True(() => hub.Hub.HistoryState == HistoryState.Unavailable);
        hub.PublishRange("a", 11, 20);

        _store.Failure = null;
        // A try that began while the disk failed may end after that; the next one follows a second later.
        Eventually.True(() =>
        {
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            return hub.Hub.HistoryState == HistoryState.Ok;
        });

        Assert.That(_store.Data("a"), Is.EqualTo(Enumerable.Range(1, 20).Select(i => $"a {i}")));
    }

    [Test]
    public void Async_events_are_committed_even_after_an_id_that_could_not_be_looked_up()
    {
        using var hub = new TestHub(Fast with { MaxHistoryBytes = 4096 }, store: _store);
        hub.Publish("a", "one", id: "x");
        hub.Publish("a", "two", id: "y");
        hub.Time.Advance(TimeSpan.FromMilliseconds(25));
        Eventually.True(() => _store.Commits == 1);
        hub.Hub.BoundHistory(0);
        _store.ReadFailure = StoreFailure.Unavailable;
        Assert.That(hub.Begin("a", "again", id: "x").Status.Result, Is.EqualTo(HubStatus.StoreUnavailable));

        Assert.That(hub.Begin("a", "shown").Status.Result, Is.EqualTo(HubStatus.Ok));

        Eventually.True(() =>
        {
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            return _store.Data("a") is ["one", "two", "shown"];
        });
    }

    [Test]
    public void Async_events_are_refused_once_too_many_wait_for_a_failing_disk()
    {
        using var hub = new TestHub(Fast, store: _store);
        _store.Failure = StoreFailure.Full;
        var megabyte = new string('x', 1024 * 1024);
        for (var i = 0; i < 7; i++) Assert.That(hub.Begin("a", megabyte).Status.Result, Is.EqualTo(HubStatus.Ok));

        Assert.That(hub.Begin("a", megabyte).Status.Result, Is.EqualTo(HubStatus.StoreFull));

        // If the disk fails to the end, they stay uncommitted, and disposing the hub does not hang.
    }

    [Test]
    public void Batches_of_one_commit_fail_separately_when_topics_are_exhausted()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxTopics = 1 }, store: _store);
        _store.CommitsMayPass.Reset();
        var first = hub.Begin("a", "one").Status;
        Eventually.True(() => _store.CommitsBegun == 1);

        var (second, third) = (hub.Begin("b", "refused").Status, hub.Begin("a", "two").Status);
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(first, second, third).Result, Is.EqualTo(new[] { HubStatus.Ok, HubStatus.TooManyTopics, HubStatus.Ok }));
        Assert.That(_store.Data("a"), Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public void Waiting_batches_are_committed_at_the_stop_and_later_ones_refused()
    {
        var hub = new TestHub(Fast with { Rules = [new(TestHub.Select("b"), new(), Durability.Sync)] }, store: _store);
        hub.Publish("a", "shown");
        _store.CommitsMayPass.Reset();
        var waiting = hub.Begin("b", "waits").Status;
        Eventually.True(() => _store.CommitsBegun == 1);
        var queued = hub.Begin("b", "queued").Status;

        var closing = Task.Run(hub.Dispose);
        _store.CommitsMayPass.Set();
        closing.Wait();

        Assert.That(Task.WhenAll(waiting, queued).Result, Is.All.EqualTo(HubStatus.Ok));
        Assert.That((_store.Data("a"), _store.Data("b")), Is.EqualTo((new[] { "shown" }, new[] { "waits", "queued" })));
        Assert.That(_store.IsClosed, Is.True);
        Assert.That(hub.Begin("b", "late").Status.Result, Is.EqualTo(HubStatus.StoreUnavailable));
        Assert.That(hub.Begin("a", "late").Status.Result, Is.EqualTo(HubStatus.StoreUnavailable));
    }

    [Test]
    public void A_store_with_shown_events_that_could_not_be_committed_is_not_marked_as_closed_cleanly()
    {
        var hub = new TestHub(Fast, store: _store);
        hub.Publish("a", "lost");
        _store.Failure = StoreFailure.Full;

        hub.Dispose();

        Assert.That(_store.IsClosed, Is.False);
    }
}
