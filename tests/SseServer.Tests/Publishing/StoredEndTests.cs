using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

/// <summary>Ends of topics in a store: in a group of commits, in long replays, over restarts.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StoredEndTests : IDisposable
{
    private static readonly HubOptions Fast = HubOptions.Default with { Shards = 1, Durability = Durability.Async };

    private readonly FakeTimeProvider _time = FakeTimeProvider.AtWholeSecond();
    private MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [Test]
    public void A_group_has_no_event_after_an_end_in_it()
    {
        using var hub = Start();
        var answers = Group(hub);
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(answers.Select(answer => answer.Status)).Result, Is.EqualTo(new[]
        {
            HubStatus.Ok, HubStatus.Ok, HubStatus.TopicEnded, HubStatus.Ok, HubStatus.Ok, HubStatus.Ok,
        }));
        Assert.That(answers[3].Batch.IdOf(0), Is.EqualTo(hub.Topic("a").EndId));
        Assert.That(answers[4].Batch.IsRepeat(0), Is.True);
        Assert.That(_store.Data("a"), Is.EqualTo(new[] { "one", "given" }));
        Assert.That(_store.Data("b"), Is.EqualTo(new[] { "beside" }));
        Assert.That(_store.Commits, Is.EqualTo(2));
    }

    [Test]
    public void A_group_that_fails_ends_nothing()
    {
        using var hub = Start();
        var answers = Group(hub);
        _store.Failure = StoreFailure.Full;
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(answers.Select(answer => answer.Status)).Result, Is.All.EqualTo(HubStatus.StoreFull));
        _store.Failure = null;
        hub.Publish("a", "goes on");
        Assert.That(hub.Topic("a").HasEnded, Is.False);
    }

    [Test]
    public void A_refused_batch_leaves_no_end_in_its_group()
    {
        using var hub = Start();
        _store.CommitsMayPass.Reset();
        var first = hub.Begin("c", "0").Status;
        Eventually.True(() => _store.CommitsBegun == 1);
        var wrong = new PublishBatch();
        TestHub.AddEnd(wrong, "b", "last");
        TestHub.AddEnd(wrong, "a", "last");
        TestHub.Add(wrong, "a", "more"u8);
        var refused = hub.Hub.PublishAsync(wrong).AsTask();
        var next = hub.Begin("a", "goes on").Status;
        _store.CommitsMayPass.Set();

        Assert.That(Task.WhenAll(first, refused, next).Result, Is.EqualTo(new[] { HubStatus.Ok, HubStatus.TopicEnded, HubStatus.Ok }));
        Assert.That(wrong.RefusedIndex, Is.EqualTo(2));
        hub.Publish("b", "goes on");
    }

    [TestCase("a")]
    [TestCase("a", "b")]
    public void A_replay_from_the_store_ends_after_its_last_page(params string[] selectors)
    {
        using var hub = Start(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 16 * 1024 });
        hub.PublishRange("a", 1, 2000);
        var end = hub.End("a", "last");
        if (selectors.Length > 1) end = hub.End("b");

        var subscription = hub.Subscribe(ResumePoint.Oldest, selectors);
        subscription.WaitForEnd(StreamEnding.Complete);

        Assert.That(subscription.Data, Has.Length.EqualTo(2001));
        Assert.That((subscription.Data[^1], subscription.Stream.LastEventId), Is.EqualTo(("last", end.ToString())));
        Assert.That(subscription.Stream.Gaps, Is.Empty);
        Assert.That(_store.PagesRead, Is.Positive);
    }

    [Test]
    public void An_end_is_known_after_a_restart([Values(null, "last")] string? data)
    {
        EventId one, end;
        using (var hub = Start())
        {
            one = hub.Publish("a", "one", id: "given");
            end = hub.End("a", data);
            hub.Publish("b", "beside");
        }

        using var next = Restart();
        Assert.That(next.IsOver(ResumePoint.Head, "a"), Is.True);
        Assert.That(next.IsOver(TestHub.After(end), "a"), Is.True);
        Assert.That(next.IsOver(TestHub.After(one), "a"), Is.False);
        Assert.That(next.IsOver(TestHub.After("given"), "a"), Is.False);
        Assert.That(next.End("a", "more", out _), Is.EqualTo(HubStatus.TopicEnded));
        Assert.That(next.Publish("a", "one", id: "given"), Is.EqualTo(one));
        Assert.That(next.End("a"), Is.EqualTo(end));
        var subscription = next.Subscribe(TestHub.After("given"), "a");
        subscription.WaitForEnd(StreamEnding.Complete);
        Assert.That(subscription.Data, Is.EqualTo(data is null ? [] : new[] { data }));
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo(end.ToString()));
    }

    [Test]
    public void The_newest_of_each_key_and_the_end_come_after_a_restart_and_no_id_goes_back()
    {
        using (var hub = Start())
        {
            hub.Publish("a", "old", key: "k");
            hub.Publish("a", "new", key: "k");
            hub.End("a", "last");
        }

        using var next = Restart();
        var subscription = next.Subscribe(ResumePoint.Latest, "a");
        subscription.WaitForEnd(StreamEnding.Complete);

        Assert.That(subscription.Data, Is.EqualTo(new[] { "new", "last" }));
        var ids = subscription.Stream.Blocks.Where(block => block.Id is not null)
            .Select(block => EventId.TryParse(System.Text.Encoding.ASCII.GetBytes(block.Id!), out var id) ? id : default).ToList();
        Assert.That(ids, Is.Ordered);
        Assert.That(next.IsOver(TestHub.After(ids[^1]), "a"), Is.True);
    }

    [Test]
    public void An_async_topic_ends_at_once_and_the_end_is_committed_with_it()
    {
        using (var hub = Start(Fast))
        {
            _store.CommitsMayPass.Reset();
            var subscription = hub.SubscribeLive("a");
            hub.Publish("a", "one");
            hub.End("a");
            subscription.WaitForEnd(StreamEnding.Complete);
            Assert.That(hub.End("a", "more", out _), Is.EqualTo(HubStatus.TopicEnded));
            _store.CommitsMayPass.Set();
        }

        using var next = Restart(Fast);
        Assert.That(next.IsOver(ResumePoint.Head, "a"), Is.True);
    }

    [Test]
    public void An_end_is_forgotten_once_its_events_are_gone_and_its_name_is_usable_after_a_restart()
    {
        var options = HubOptions.Default with
        {
            Shards = 1,
            EndedLinger = TimeSpan.FromDays(365),
            Retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(80) }
        };
        using (var hub = Start(options))
        {
            hub.Publish("a", "one");
            hub.End("a");
            _time.AdvanceUntil(() => _store.Ids("a").Length == 0);
            Assert.That(hub.End("a", "more", out _), Is.EqualTo(HubStatus.TopicEnded));
            _time.StepWallClock(TimeSpan.FromDays(366));
            _time.AdvanceUntil(() => hub.Hub.Catalog.Topics.Find("a"u8) is not { HasEnded: true });
            hub.Publish("a", "another life");
        }

        using var next = Restart(options);
        Assert.That(next.Topic("a").HasEnded, Is.False);
        next.Subscribe(ResumePoint.Oldest, "a").WaitForData("another life");
    }

    [Test]
    public void An_end_removed_for_room_is_removed_from_the_store_too()
    {
        var options = HubOptions.Default with
        {
            Shards = 1,
            MaxTopics = 1,
            Retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(80) }
        };
        using (var hub = Start(options))
        {
            hub.End("a");
            _time.AdvanceUntil(() => _store.Ids("a").Length == 0);
            hub.Publish("b", "x");
            _time.AdvanceUntil(() => _store.Topics is ["b"]);
        }

        using var next = Restart(options);
        Assert.That(next.Hub.TopicCount, Is.EqualTo(1));
    }

    [Test]
    public void An_end_removed_for_room_is_gone_after_a_restart_though_a_subscriber_recreated_its_topic()
    {
        var options = HubOptions.Default with
        {
            Shards = 1,
            MaxTopics = 2,
            Retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(80) }
        };
        string name;
        using (var hub = Start(options))
        {
            hub.End("a");
            hub.End("b");
            _time.AdvanceUntil(() => _store.Ids("a").Length + _store.Ids("b").Length == 0);
            _store.CommitsMayPass.Reset();
            var (_, status) = hub.Begin("c", "x");
            // The one whose events were evicted first.
            Eventually.True(() => (hub.Hub.Catalog.Topics.Find("a"u8) is null) != (hub.Hub.Catalog.Topics.Find("b"u8) is null));
            name = hub.Hub.Catalog.Topics.Find("a"u8) is null ? "a" : "b";
            hub.SubscribeLive(name);
            _store.CommitsMayPass.Set();
            Assert.That(status.Result, Is.EqualTo(HubStatus.Ok));
            _time.AdvanceUntil(() => !_store.Topics.Contains(name == "a" ? "b" : "a"));
            Assert.That(hub.IsOver(ResumePoint.Head, name), Is.False);
        }

        using var next = Restart(options);
        Assert.That(next.IsOver(ResumePoint.Head, name), Is.False, "It was open and has not been ended since.");
        next.Publish(name, "new");
    }

    // In one group: an end, and after it a repeat, a refused batch, and a batch of other topics.
    private (PublishBatch Batch, Task<HubStatus> Status)[] Group(TestHub hub)
    {
        _store.CommitsMayPass.Reset();
        var first = hub.Begin("a", "one");
        Eventually.True(() => _store.CommitsBegun == 1);
        var final = new PublishBatch();
        TestHub.Add(final, "a", "given"u8, id: "given", isFinal: true);
        var again = new PublishBatch();
        TestHub.AddEnd(again, "a");
        var repeat = new PublishBatch();
        TestHub.Add(repeat, "a", "given"u8, id: "given", isFinal: true);
        return
        [
            first, (final, hub.Hub.PublishAsync(final).AsTask()), hub.Begin("a", "more"), (again, hub.Hub.PublishAsync(again).AsTask()),
                (repeat, hub.Hub.PublishAsync(repeat).AsTask()), hub.Begin("b", "beside"),
        ];
    }

    private TestHub Start(HubOptions? options = null) => new(options, _time, _store);

    private TestHub Restart(HubOptions? options = null)
    {
        _store = _store.Reopen();
        return Start(options);
    }
}
