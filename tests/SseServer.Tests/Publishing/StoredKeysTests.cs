using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

/// <summary>What a restart restores of topics with keys.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StoredKeysTests : IDisposable
{
    private readonly FakeTimeProvider _time = FakeTimeProvider.AtWholeSecond();
    private MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [TestCase("a")]
    [TestCase("a", "b")]
    [TestCase("**")]
    public void Newest_of_each_key_is_restored_after_retention_and_a_restart_without_a_gap(params string[] selectors)
    {
        EventId cut;
        using (var hub = Start(new() { MaxEvents = 10 }))
        {
            cut = hub.Publish("a", "first", key: "cold 0");
            for (var i = 1; i <= 3; i++) hub.Publish("a", $"first {i}", key: $"cold {i}");
            for (var i = 1; i <= 200; i++) hub.Publish("a", $"second {i}", key: $"hot {i % 5}");
            _time.AdvanceUntil(() => _store.Ids("a").Length <= 16);
        }

        using var next = Restart(new() { MaxEvents = 10 });
        var subscription = next.Subscribe(TestHub.After(cut), selectors);
        Eventually.True(() => subscription.Data is [.., "second 200"]);

        var retained = subscription.Data.Length - 3;
        Assert.That(subscription.Data, Is.EqualTo(Enumerable.Range(1, 3).Select(i => $"first {i}")
            .Concat(Enumerable.Range(201 - retained, retained).Select(i => $"second {i}"))));
        Assert.That(subscription.Stream.Gaps, Is.Empty, "Superseded events are no loss.");
    }

    [Test]
    public void Keys_beyond_their_bound_are_a_gap_for_subscribers_without_them()
    {
        EventId cut;
        using (var hub = Start(new() { MaxEvents = 1, MaxKeys = 2 }))
        {
            cut = hub.Publish("a", "1", key: "k1");
            for (var i = 2; i <= 30; i++) hub.Publish("a", $"{i}", key: $"k{i}");
            _time.AdvanceUntil(() => _store.Ids("a").Length == 3);
        }

        using var next = Restart(new() { MaxEvents = 1, MaxKeys = 2 });
        var subscription = next.Subscribe(TestHub.After(cut), "a");
        subscription.WaitForData("28", "29", "30");

        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
    }

    [Test]
    public void Topic_is_removed_when_the_newest_event_of_its_last_key_is_too_old()
    {
        using var hub = Start(new() { MaxAge = TimeSpan.FromSeconds(80) });
        hub.Publish("a", "old", key: "k");
        hub.Publish("a", "new", key: "k");
        _time.AdvanceUntil(() => hub.Hub.TopicCount == 0);
        Assert.That(_store.Ids("a"), Is.Empty);
    }

    private TestHub Start(TopicRetention retention)
        => new(HubOptions.Default with
        {
            Shards = 1,
            MaxHistoryBytes = 16 * 1024,
            Retention = retention,
            HeartbeatInterval = TimeSpan.FromHours(10)
        }, _time, _store);

    private TestHub Restart(TopicRetention retention)
    {
        _store = _store.Reopen();
        return Start(retention);
    }
}
