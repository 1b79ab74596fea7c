using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

/// <summary>The same publisher id with other content, wherever the first event is: in memory, in the store, or on its way there.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class IdConflictTests : IDisposable
{
    private static readonly HubOptions FastToo = HubOptions.Default with
    {
        Shards = 1,
        Rules = [new TopicRule(TestHub.Select("fast/**"), new TopicRetention(), Durability.Async)],
    };

    private MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [TestCase("a", false)]
    [TestCase("a", true)]
    [TestCase("fast/a", true)]
    public void A_conflict_appends_nothing(string topic, bool isStored)
    {
        using var hub = new TestHub(FastToo, store: isStored ? _store : null);
        var first = hub.Publish(topic, "one", id: "x");

        var batch = BatchOf((topic, "two", "y"), (topic, "one", "x"), (topic, "other", "x"));
        Assert.That((hub.Publish(batch), batch.RefusedIndex), Is.EqualTo((HubStatus.IdConflict, 2)));
        batch = BatchOf((topic, "two", "y"), (topic, "other", "x"));
        Assert.That((hub.Publish(batch), batch.RefusedIndex), Is.EqualTo((HubStatus.IdConflict, 1)));

        Assert.That(hub.Publish(topic, "one", id: "x"), Is.EqualTo(first));
        Assert.That(hub.Hub.Publisher.Appender.Counters.Events, Is.EqualTo(1));
        Assert.That(hub.Topic(topic).Pending, Is.Zero, "Nothing is left pinned.");
        hub.Subscribe(ResumePoint.Oldest, topic).WaitForData("one");
    }

    [Test]
    public void A_conflict_with_an_event_of_the_same_commit_is_answered_with_its_commit()
    {
        using var hub = new TestHub(store: _store);
        _store.CommitsMayPass.Reset();
        hub.Begin("b", "first").Status.GetAwaiter();
        Eventually.True(() => _store.CommitsBegun == 1);

        var begun = new[] { hub.Begin("a", "one", id: "x"), hub.Begin("a", "two", id: "x"), hub.Begin("a", "one", id: "x") };
        Assert.That(begun.Select(publish => publish.Status.IsCompleted), Is.All.False);
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(begun.Select(publish => publish.Status)).Result,
            Is.EqualTo(new[] { HubStatus.Ok, HubStatus.IdConflict, HubStatus.Ok }));
        Assert.That(begun[2].Batch.IsRepeat(0), Is.True);
        Assert.That(_store.Data("a"), Is.EqualTo(new[] { "one" }));
    }

    [Test]
    public void A_conflict_with_an_event_whose_commit_fails_is_none()
    {
        using var hub = new TestHub(store: _store);
        _store.CommitsMayPass.Reset();
        hub.Begin("b", "first").Status.GetAwaiter();
        Eventually.True(() => _store.CommitsBegun == 1);
        var begun = new[] { hub.Begin("a", "one", id: "x"), hub.Begin("a", "two", id: "x") };
        _store.Failure = SseServer.History.StoreFailure.Full;
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(begun.Select(publish => publish.Status)).Result, Is.All.EqualTo(HubStatus.StoreFull));
        _store.Failure = null;
        hub.Publish("a", "two", id: "x");
        Assert.That(_store.Data("a"), Is.EqualTo(new[] { "two" }));
    }

    [Test]
    public void A_conflict_with_what_only_the_store_has_is_found()
    {
        using var hub = new TestHub(FastToo with { MaxHistoryBytes = 4096 }, store: _store);
        var first = new[] { hub.Publish("a", "one", id: "x"), hub.Publish("fast/a", "one", id: "x") };
        foreach (var topic in new[] { "a", "fast/a" })
            for (var i = 0; i < 20; i++) hub.Publish(topic, new string('x', 500));
        hub.Publish("a", "end");
        Assert.That(hub.Topic("fast/a").Marks.MemoryStart, Is.GreaterThan(first[1]), "Memory still has it.");

        AssertConflicts(hub, "a");
        AssertConflicts(hub, "fast/a");

        Assert.That(new[] { hub.Publish("a", "one", id: "x"), hub.Publish("fast/a", "one", id: "x") }, Is.EqualTo(first));
    }

    [Test]
    public void A_conflict_is_found_after_a_restart()
    {
        using (var hub = new TestHub(FastToo, store: _store))
        {
            hub.Publish("a", "one", id: "x");
            hub.Publish("fast/a", "one", id: "x");
        }

        _store = _store.Reopen();
        using var next = new TestHub(FastToo, store: _store);

        AssertConflicts(next, "a");
        AssertConflicts(next, "fast/a");
        Assert.That((_store.Data("a"), _store.Data("fast/a")), Is.EqualTo((new[] { "one" }, new[] { "one" })));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_long_batch_is_refused_before_its_first_event(bool isStored)
    {
        using var hub = new TestHub(store: isStored ? _store : null);
        hub.Publish("a", "one", id: "x");
        var batch = BatchOf([.. Enumerable.Range(0, 5_000).Select(i => ("a", $"{i}", i == 4_000 ? "x" : $"y{i % 3_000}"))]);
        var status = hub.Hub.PublishAsync(batch).AsTask().Result;

        Assert.That((status, batch.RefusedIndex, batch.AppendedCount), Is.EqualTo((HubStatus.IdConflict, 3_000, 0)));
        batch = BatchOf([.. Enumerable.Range(0, 5_000).Select(i => ("a", $"{i}", i == 4_000 ? "x" : $"y{i}"))]);
        status = hub.Hub.PublishAsync(batch).AsTask().Result;

        Assert.That((status, batch.RefusedIndex, batch.AppendedCount), Is.EqualTo((HubStatus.IdConflict, 4_000, 0)));
        Assert.That(hub.Hub.Publisher.Appender.Counters.Events, Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Repeats_within_a_long_batch_get_the_ids_of_their_firsts(bool isStored)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 100 } },
            store: isStored ? _store : null);
        var batch = BatchOf([.. Enumerable.Range(0, 5_000).Select(i => ("a", $"{i % 2_500}", $"y{i % 2_500}"))]);

        Assert.That(hub.Hub.PublishAsync(batch).AsTask().Result, Is.EqualTo(HubStatus.Ok));

        var indexes = Enumerable.Range(0, 2_500).ToList();
        Assert.That(indexes.Select(i => batch.IsRepeat(i)), Is.All.False);
        Assert.That(indexes.Select(i => batch.IsRepeat(i + 2_500)), Is.All.True);
        Assert.That(indexes.Select(i => batch.IdOf(i + 2_500)), Is.EqualTo(indexes.Select(i => batch.IdOf(i))));
        Assert.That(hub.Hub.Publisher.Appender.Counters is { Events: 2_500, Repeats: 2_500 }, Is.True);
    }

    [Test]
    public void An_id_of_a_topic_that_was_deleted_is_free_before_memory_has_dropped_it()
    {
        using var hub = new TestHub();
        hub.Publish("a", "one", id: "x");
        var (catalog, appender) = (hub.Hub.Catalog, hub.Hub.Publisher.Appender);
        EventId last;
        using (catalog.Lock.Enter()) last = appender.ApplyDeletion(hub.Topic("a"), appender.NextId());

        var other = hub.Publish("a", "other", id: "x");
        MemoryPublisher.DropDeleted(catalog, hub.Topic("a"), last);

        Assert.That(hub.Publish("a", "other", id: "x"), Is.EqualTo(other));
        AssertConflicts(hub, "a", other: "one");
    }

    private static void AssertConflicts(TestHub hub, string topic, string other = "other")
    {
        var batch = BatchOf((topic, "fine", "y"), (topic, other, "x"));
        Assert.That((hub.Publish(batch), batch.RefusedIndex), Is.EqualTo((HubStatus.IdConflict, 1)), topic);
    }

    private static PublishBatch BatchOf(params (string Topic, string Data, string Id)[] events)
    {
        var batch = new PublishBatch();
        foreach (var (topic, data, id) in events) TestHub.Add(batch, topic, System.Text.Encoding.UTF8.GetBytes(data), id);
        return batch;
    }
}
