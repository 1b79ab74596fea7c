using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SequencerTests : IDisposable
{
    private static readonly HubOptions FastToo = HubOptions.Default with
    {
        Shards = 1,
        Rules = [new TopicRule(TestHub.Select("fast/**"), new TopicRetention(), Durability.Async)],
    };

    private readonly MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [Test]
    public void A_committed_event_is_answered_and_shown_after_its_commit()
    {
        using var hub = new TestHub(store: _store);
        var subscription = hub.SubscribeLive("a");
        var before = hub.Hub.Head;
        _store.CommitsMayPass.Reset();

        var (batch, status) = hub.Begin("a", "one");
        Eventually.True(() => _store.CommitsBegun == 1);
        Assert.That((status.IsCompleted, hub.Hub.Head, subscription.Data.Length), Is.EqualTo((false, before, 0)));
        _store.CommitsMayPass.Set();

        Assert.That(status.Result, Is.EqualTo(HubStatus.Ok));
        Assert.That(_store.Ids("a"), Is.EqualTo(new[] { batch.IdOf(0).Value }));
        subscription.WaitForData("one");
    }

    [Test]
    public void Publishes_that_come_during_a_commit_share_the_next_one()
    {
        using var hub = new TestHub(store: _store);
        _store.CommitsMayPass.Reset();
        var first = hub.Begin("a", "0").Status;
        Eventually.True(() => _store.CommitsBegun == 1);

        var others = Enumerable.Range(1, 100).Select(i => hub.Begin("a", $"{i}").Status).ToArray();
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll([first, .. others]).Result, Is.All.EqualTo(HubStatus.Ok));
        Assert.That(_store.Commits, Is.EqualTo(2));
        Assert.That(_store.Data("a"), Is.EqualTo(Enumerable.Range(0, 101).Select(i => $"{i}")));
    }

    [Test]
    public void An_async_event_is_answered_and_shown_at_once_and_committed_soon()
    {
        using var hub = new TestHub(FastToo, store: _store);
        var subscription = hub.SubscribeLive("fast/a");
        _store.CommitsMayPass.Reset();

        Assert.That(hub.Begin("fast/a", "one").Status.IsCompletedSuccessfully, Is.True);
        subscription.WaitForData("one");
        Assert.That(_store.Data("fast/a"), Is.Empty);

        // At most 50 ms pass until an asynchronous event is committed, including the disk's time.
        hub.Time.Advance(TimeSpan.FromMilliseconds(25));
        Eventually.True(() => _store.CommitsBegun == 1);
        // A commit of events that are shown already delays no other.
        Assert.That(hub.Begin("fast/a", "two").Status.IsCompletedSuccessfully, Is.True);
        _store.CommitsMayPass.Set();
        Eventually.True(() => _store.Commits == 1);
        hub.Time.Advance(TimeSpan.FromMilliseconds(25));
        Eventually.True(() => _store.Data("fast/a") is ["one", "two"]);
    }

    [Test]
    public void The_head_never_passes_an_id_that_is_not_appended()
    {
        using var hub = new TestHub(FastToo, store: _store);
        var subscription = hub.SubscribeLive("a", "fast/a");
        var before = hub.Hub.Head;
        _store.CommitsMayPass.Reset();
        var (committed, first) = hub.Begin("a", "one");
        Eventually.True(() => _store.CommitsBegun == 1);

        // The committed event has its id; an event shown before it would move subscribers past that.
        var (fast, second) = hub.Begin("fast/a", "two");
        Assert.That((second.IsCompleted, hub.Hub.Head), Is.EqualTo((false, before)));
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(first, second).Result, Is.All.EqualTo(HubStatus.Ok));
        Assert.That(fast.IdOf(0), Is.GreaterThan(committed.IdOf(0)));
        subscription.WaitForData("one", "two");
    }

    [Test]
    public void Async_events_are_committed_before_later_ones()
    {
        using var hub = new TestHub(FastToo, store: _store);
        hub.Publish("fast/a", "one");

        hub.Publish("a", "two");

        Assert.That((_store.Commits, _store.Data("fast/a"), _store.Data("a")), Is.EqualTo((1, new[] { "one" }, new[] { "two" })));
    }

    [Test]
    public void A_batch_of_both_durabilities_is_committed()
    {
        using var hub = new TestHub(FastToo, store: _store);
        var batch = new PublishBatch();
        TestHub.Add(batch, "fast/a", "one"u8);
        TestHub.Add(batch, "a", "two"u8);

        Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));

        Assert.That((_store.Data("fast/a"), _store.Data("a")), Is.EqualTo((new[] { "one" }, new[] { "two" })));
    }

    [Test]
    public void A_repeat_of_a_pending_id_waits_for_the_first_ones_commit()
    {
        using var hub = new TestHub(store: _store);
        _store.CommitsMayPass.Reset();
        var (first, firstStatus) = hub.Begin("a", "one", id: "x");
        Eventually.True(() => _store.CommitsBegun == 1);

        var (repeat, repeatStatus) = hub.Begin("a", "one", id: "x");
        Assert.That(repeatStatus.IsCompleted, Is.False);
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(firstStatus, repeatStatus).Result, Is.All.EqualTo(HubStatus.Ok));
        Assert.That((repeat.IdOf(0), repeat.IsRepeat(0)), Is.EqualTo((first.IdOf(0), true)));
        Assert.That(_store.Data("a"), Is.EqualTo(new[] { "one" }));
    }

    [Test]
    public void A_repeat_within_one_commit_is_a_repeat_in_its_topic_alone()
    {
        using var hub = new TestHub(store: _store);
        _store.CommitsMayPass.Reset();
        hub.Begin("b", "first").Status.GetAwaiter();
        Eventually.True(() => _store.CommitsBegun == 1);

        var begun = new[] { hub.Begin("a", "one", id: "x"), hub.Begin("a", "one", id: "x"), hub.Begin("b", "three", id: "x") };
        _store.CommitsMayPass.Set();
        Task.WaitAll(begun.Select(publish => publish.Status));

        Assert.That(begun.Select(publish => publish.Batch.IsRepeat(0)), Is.EqualTo(new[] { false, true, false }));
        Assert.That(begun[1].Batch.IdOf(0), Is.EqualTo(begun[0].Batch.IdOf(0)));
        Assert.That((_store.Data("a"), _store.Data("b")), Is.EqualTo((new[] { "one" }, new[] { "first", "three" })));
    }

    [Test]
    public void An_id_that_only_the_store_still_has_is_a_repeat()
    {
        using var hub = new TestHub(FastToo with { MaxHistoryBytes = 4096 }, store: _store);
        var first = new[] { hub.Publish("a", "one", id: "x"), hub.Publish("fast/a", "one", id: "x") };
        var filler = new string('x', 500);
        for (var i = 0; i < 20; i++) hub.Publish("a", filler);
        for (var i = 0; i < 20; i++) hub.Publish("fast/a", filler);
        hub.Publish("a", "end");
        Assert.That(hub.Topic("fast/a").Marks.MemoryStart, Is.GreaterThan(first[1]), "Memory still has it.");

        Assert.That(new[] { hub.Publish("a", "one", id: "x"), hub.Publish("fast/a", "one", id: "x") }, Is.EqualTo(first));
    }

    [Test]
    public void Repeats_are_counted_and_what_memory_alone_drops_is_not()
    {
        using var hub = new TestHub(FastToo with { MaxHistoryBytes = 4096 }, store: _store);
        foreach (var topic in new[] { "a", "fast/a" })
            for (var i = 0; i < 3; i++) hub.Publish(topic, "one", id: "x");
        for (var i = 0; i < 20; i++) hub.Publish("a", new string('x', 500));
        Assert.That(hub.Topic("a").Marks.MemoryStart.Value, Is.GreaterThan(0));

        var counters = hub.Hub.Publisher.Appender.Counters;

        Assert.That((counters.Events, counters.Repeats, hub.Hub.Catalog.Retention.EvictedEvents), Is.EqualTo((22, 4, 0)));
    }

    [Test]
    public void Memory_drops_nothing_that_is_not_committed()
    {
        using var hub = new TestHub(FastToo with { MaxHistoryBytes = 8192 }, store: _store);
        var filler = new string('x', 500);
        for (var i = 0; i < 100; i++) hub.Publish("fast/a", filler);
        Assert.That(hub.Topic("fast/a").Count, Is.EqualTo(100));

        hub.Publish("a", "commits what was before");

        Assert.That(hub.Hub.HistoryBytes, Is.LessThanOrEqualTo(8192));
        Assert.That(hub.Topic("fast/a").Count, Is.LessThan(20));
        hub.Subscribe(ResumePoint.Oldest, "fast/a").WaitForCount(100);
    }

    [Test]
    public void Async_publishers_wait_once_too_much_is_uncommitted()
    {
        using var hub = new TestHub(FastToo, store: _store);
        _store.CommitsMayPass.Reset();
        var megabyte = new string('x', 1024 * 1024);
        for (var i = 0; i < 7; i++) Assert.That(hub.Begin("fast/a", megabyte).Status.IsCompletedSuccessfully, Is.True);

        var last = hub.Begin("fast/a", megabyte).Status;
        Assert.That(last.IsCompleted, Is.False);
        _store.CommitsMayPass.Set();

        Assert.That(last.Result, Is.EqualTo(HubStatus.Ok));
        Assert.That(_store.Ids("fast/a"), Has.Length.EqualTo(8));
    }

    [Test]
    public void An_async_event_beyond_the_lease_waits_for_a_commit_that_renews_it()
    {
        using var hub = new TestHub(FastToo, store: _store);
        hub.Time.StepWallClock(TimeSpan.FromMinutes(1));

        hub.Publish("fast/a", "one");
        Assert.That(_store.Data("fast/a"), Is.EqualTo(new[] { "one" }));
        hub.Publish("fast/a", "two");

        Assert.That(_store.Data("fast/a"), Is.EqualTo(new[] { "one" }));
    }

    [Test]
    public void A_long_batch_is_one_commit_and_reaches_its_subscribers_whole()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 64 * 1024 }, store: _store);
        var subscriptions = new[] { hub.SubscribeLive("a"), hub.SubscribeLive("a", "b"), hub.SubscribeLive("*") };
        var batch = new PublishBatch();
        for (var i = 0; i < 5000; i++) TestHub.Add(batch, i % 2 == 0 ? "a" : "b", System.Text.Encoding.ASCII.GetBytes($"{i}"));

        Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));

        Assert.That(_store.Commits, Is.EqualTo(1));
        subscriptions[0].WaitForCount(2500);
        foreach (var subscription in subscriptions[1..]) subscription.WaitForData([.. Enumerable.Range(0, 5000).Select(i => $"{i}")]);
        Assert.That(subscriptions.SelectMany(subscription => subscription.Stream.Gaps), Is.Empty);
    }
}
