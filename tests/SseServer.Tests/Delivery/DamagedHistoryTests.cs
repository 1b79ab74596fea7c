using Microsoft.Data.Sqlite;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.History.Support;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>Stored events that cannot be read any more: subscribers get a gap in their place, and all events that follow.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DamagedHistoryTests : IDisposable
{
    private readonly FakeTimeProvider _time = FakeTimeProvider.AtWholeSecond();
    private readonly StoreDirectory _directory = new();
    private readonly List<EventId> _ids = [];
    private SqliteEventStore? _store;

    public void Dispose()
    {
        _store?.Dispose();
        _directory.Dispose();
    }

    [TestCase(true, "a")]
    [TestCase(false, "a")]
    [TestCase(true, "a", "b")]
    [TestCase(true, "*")]
    public void A_damaged_block_is_a_gap_in_its_place_and_no_end(bool isChunked, params string[] selectors)
    {
        Fill(9);
        Damage(_ids[3], _ids[4]);
        using var hub = Start();
        hub.Publish("a", "live");

        foreach (var _ in new[] { 1, 2 })
        {
            var subscription = hub.Join(new RecordingSubscription { IsChunked = isChunked }, TestHub.After(_ids[0]), selectors);
            subscription.WaitForData("1", "2", "5", "6", "7", "8", "live");
            var gaps = subscription.Stream.Blocks.Select((block, index) => (block, index)).Where(block => block.block.Name == "gap")
                .ToList();
            Assert.That(gaps, Has.Count.EqualTo(1));
            Assert.That(gaps[0].block.Data, Is.EqualTo($$"""{"topics":["{{selectors[0]}}"],"after":"{{_ids[2]}}","from":"{{_ids[5]}}"}"""));
            Assert.That(subscription.Stream.Blocks[gaps[0].index - 1].Data, Is.EqualTo("2"), "Where it is.");
        }

        Assert.That((hub.Hub.HistoryState, hub.Hub.Damage!.Blocks), Is.EqualTo((HistoryState.Damaged, 2)));
    }

    [Test]
    public void Damage_that_occurs_while_the_server_runs_is_found_by_the_first_subscriber()
    {
        Fill(9);
        using var hub = Start();
        Assert.That(hub.Hub.HistoryState, Is.EqualTo(HistoryState.Ok));
        Damage(_ids[8]);

        var subscription = hub.Subscribe(ResumePoint.Oldest, "a");
        Eventually.True(() => subscription.Stream.Gaps.Any());
        hub.Publish("a", "live");

        subscription.WaitForData("0", "1", "2", "3", "4", "5", "6", "7", "live");
        Assert.That(subscription.Stream.Gaps.Single(), Is.EqualTo($$"""{"topics":["a"],"after":"{{_ids[7]}}","from":null}"""));
        Assert.That((hub.Hub.HistoryState, hub.Hub.Damage!.Blocks), Is.EqualTo((HistoryState.Damaged, 1)));
    }

    [Test]
    public void Resuming_within_a_damaged_block_gets_a_gap_and_behind_it_none()
    {
        var batch = new PublishBatch();
        using (var hub = Start())
        {
            for (var i = 0; i < 6; i++) TestHub.Add(batch, i % 2 == 0 ? "a" : "b", "x"u8);
            Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));
            hub.Publish("a", "end");
        }

        Damage(batch.IdOf(0));
        using var next = Start();

        for (var i = 0; i < 6; i++)
        {
            var subscription = next.Subscribe(TestHub.After(batch.IdOf(i)), "a", "b");
            subscription.WaitForData([.. Enumerable.Repeat("x", (5 - i + 1) / 2), "end"]);
            Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(i < 4 ? 1 : 0), $"After event {i} of 6.");
        }
    }

    [Test]
    public void A_subscriber_that_takes_little_at_a_time_gets_one_gap_for_a_damaged_block()
    {
        var batch = new PublishBatch();
        using (var hub = Start())
        {
            for (var i = 0; i < 40; i++) TestHub.Add(batch, i % 4 == 0 ? "a" : "b", new byte[5000].AsSpan());
            Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));
        }

        Damage(batch.IdOf(0));
        using var next = Start();
        var subscription = new RecordingSubscription();
        subscription.Connection.Take(0);
        next.Join(subscription, ResumePoint.Oldest, "*");
        for (var i = 0; i < 50; i++)
        {
            subscription.WaitUntilBlocked();
            subscription.Connection.Take(3001);
        }

        subscription.Connection.Take(int.MaxValue);
        subscription.WaitForCount(30);
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
    }

    [Test]
    public void Damaged_newest_events_of_keys_are_a_gap_and_the_others_are_sent()
    {
        using (var hub = Start())
        {
            for (var i = 0; i < 5; i++) _ids.Add(hub.Publish("a", $"{i}", key: $"k{i}"));
        }

        Damage(_ids[2]);
        using var next = Start();

        var subscription = next.Subscribe(ResumePoint.Latest, "a");
        subscription.WaitForData("0", "1", "3", "4");
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_damaged_newest_event_is_announced_before_it_is_deleted()
    {
        var retention = new TopicRetention { MaxEvents = 2 };
        using (var hub = Start())
        {
            var batch = new PublishBatch();
            TestHub.Add(batch, "a", "kept"u8, key: "k");
            TestHub.Add(batch, "a", "superseded"u8, key: "l");
            Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));
            _ids.Add(batch.IdOf(0));
            for (var i = 0; i < 20; i++) _ids.Add(hub.Publish("a", $"{i}", key: "l"));
        }

        Damage(_ids[0]);
        using var next = Start(HubOptions.Default with { Shards = 1, Retention = retention });
        next.Publish("a", "new", key: "l");
        Eventually.True(() =>
        {
            next.Time.Advance(TimeSpan.FromSeconds(1));
            return next.Topic("a").EvictedThrough >= _ids[0];
        });

        var subscription = next.Subscribe(TestHub.After(new EventId(_ids[0].Value - 1)), "a");
        Eventually.True(() => subscription.Stream.Gaps.Any());
    }

    private void Fill(int count)
    {
        using var hub = Start();
        for (var i = 0; i < count; i++) _ids.Add(hub.Publish("a", $"{i}"));
    }

    private void Damage(params EventId[] firstIds)
    {
        using var database = SqliteDatabase.Open(_directory.File, SqliteOpenMode.ReadWrite);
        foreach (var id in firstIds) database.Execute($"UPDATE blocks SET data = zeroblob(length(data)) WHERE first_id = {id.Value}");
    }

    // A store closes with its hub.
    private TestHub Start(HubOptions? options = null) => new(options, _time, _store = new SqliteEventStore(_directory.File));
}
