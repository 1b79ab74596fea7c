using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Publishing;
using SseServer.Tests.History.Postgres;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>Several hubs over one history in PostgreSQL: what each of them knows of what another does.</summary>
internal sealed class SharedHistoryTests : IDisposable
{
    private readonly List<TestHub> _hubs = [];
    private PostgresHistory _history = null!;

    [SetUp]
    public async Task CreateAsync() => _history = await PostgresHistory.CreateAsync();

    [TearDown]
    public void Dispose()
    {
        foreach (var hub in _hubs) hub.Dispose();
        _hubs.Clear();
    }

    [Test]
    public void Subscriber_of_one_server_gets_what_is_published_at_another_in_the_order_of_ids()
    {
        var (one, two) = (Start(), Start());
        var subscriber = one.SubscribeLive("a", "b/*");

        var ids = new[] { two.Publish("a", "1"), one.Publish("b/1", "2"), two.Publish("b/1", "3", name: "n", key: "k") };

        subscriber.WaitForData("1", "2", "3");
        Assert.That(ids, Is.Ordered.And.Unique);
        Assert.That(one.Subscribe(ResumePoint.Oldest, "a", "b/*").Stream.Data, Is.Empty.Or.EqualTo(new[] { "1", "2", "3" }));
    }

    [Test]
    public void Server_that_joins_later_has_the_whole_history()
    {
        var one = Start();
        one.PublishRange("t", 1, 700);
        one.End("t", "the end");

        var two = Start();
        var subscriber = two.Subscribe(ResumePoint.Oldest, "t");

        subscriber.WaitForData([.. Enumerable.Range(1, 700).Select(i => $"t {i}"), "the end"]);
        subscriber.WaitForEnd(StreamEnding.Complete);
        Assert.That(two.End("t", "again", out _), Is.EqualTo(HubStatus.TopicEnded));
    }

    [Test]
    public void Publisher_id_is_known_at_every_server_and_its_conflict_too()
    {
        var (one, two) = (Start(), Start());
        var first = one.Publish("t", "x", id: "p");

        Assert.That(two.Publish("t", "x", id: "p"), Is.EqualTo(first));
        var other = new PublishBatch();
        TestHub.Add(other, "t", "new"u8);
        TestHub.Add(other, "t", "other"u8, id: "p");
        Assert.That(two.Publish(other), Is.EqualTo(HubStatus.IdConflict));
        Assert.That(other.RefusedIndex, Is.EqualTo(1));
        Assert.That(two.Publish("t", "last").Value, Is.GreaterThan(first.Value));
        one.Subscribe(ResumePoint.Oldest, "t").WaitForData("x", "last");
    }

    [Test]
    public void Batches_of_one_group_are_refused_alone()
    {
        var hub = Start();
        var batches = Enumerable.Range(0, 40).Select(i => hub.Begin(i % 4 == 3 ? "ended" : "t", $"{i}", id: i % 4 == 2 ? "same" : null))
            .Prepend(Ending(hub)).ToArray();

        var statuses = Task.WhenAll(batches.Select(batch => batch.Status)).GetAwaiter().GetResult()[1..];

        // The first event with the id was appended, unless another batch of the group came first; the others have other content.
        Assert.That(statuses.Where((_, i) => i % 4 == 3), Is.All.EqualTo(HubStatus.TopicEnded));
        Assert.That(statuses.Where((_, i) => i % 4 == 2).Count(status => status == HubStatus.Ok), Is.EqualTo(1));
        Assert.That(statuses.Where((_, i) => i % 4 < 2), Is.All.EqualTo(HubStatus.Ok));
        hub.Subscribe(ResumePoint.Oldest, "t").WaitForCount(21);
    }

    [Test]
    public void Deletion_at_one_server_ends_the_streams_of_another()
    {
        var (one, two) = (Start(), Start());
        one.Publish("t", "x");
        var subscriber = two.Subscribe(ResumePoint.Oldest, "t");
        subscriber.WaitForData("x");

        var deleted = one.Hub.DeleteAsync("t"u8.ToArray()).AsTask().GetAwaiter().GetResult();

        Assert.That(deleted.Status, Is.EqualTo(HubStatus.Ok));
        subscriber.WaitForEnd(StreamEnding.Complete);
        Assert.That(two.Hub.DeleteAsync("t"u8.ToArray()).AsTask().GetAwaiter().GetResult().Status, Is.EqualTo(HubStatus.NoSuchTopic));
        two.Publish("t", "anew");
        one.Subscribe(ResumePoint.Oldest, "t").WaitForData("anew");
    }

    [Test]
    public void Whatever_one_server_trims_is_announced_at_every_other()
    {
        var options = HubOptions.Default with
        {
            Shards = 1,
            Retention = HubOptions.Default.Retention with { MaxEvents = 100 },
        };
        var (one, two) = (Start(options), Start(options));
        var first = one.Publish("t", "t 0");
        two.Subscribe(TestHub.After(first), "t").WaitForData();

        one.PublishRange("t", 1, 400);
        Eventually.True(() => _history.QueryAsync<long>("select count(*) from sse.events").GetAwaiter().GetResult()[0] <= 113);

        foreach (var hub in new[] { one, two })
        {
            var late = hub.Subscribe(TestHub.After(first), "t");
            Eventually.True(() => late.Data.Contains("t 400"));
            Assert.That(late.Stream.Gaps.Count(), Is.EqualTo(1), "What it lacks is announced, once.");
            var received = late.Data.Select(data => int.Parse(data[2..])).ToArray();
            Assert.That(received, Is.EqualTo(Enumerable.Range(received[0], 401 - received[0])), "What follows is complete.");
        }
    }

    [Test]
    public async Task Events_that_a_new_primary_lacks_are_announced_and_no_id_is_used_twice()
    {
        var (one, two) = (Start(), Start());
        one.Publish("t", "kept");
        var subscriber = two.Subscribe(ResumePoint.Oldest, "t");
        subscriber.WaitForData("kept");
        var lost = one.Publish("t", "lost");
        subscriber.WaitForData("kept", "lost");

        // As after the promotion of a standby that had not received the last event.
        await _history.ExecuteAsync($"""
            delete from sse.events where id >= {lost.Value};
            select setval('sse.ids', {lost.Value - 1});
            update sse.epochs set timeline = 0 where last is null;
            """);
        // Only after that is committed: a server that comes back before would find nothing changed.
        await _history.ExecuteAsync("""
            select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sse-server' and datname = current_database();
            """);

        subscriber.WaitForEnd(StreamEnding.Shed);
        var next = one.PublishPersistently("t", "next");
        Assert.That(next.Value, Is.GreaterThan(lost.Value));
        foreach (var hub in new[] { one, two })
        {
            var back = hub.Subscribe(TestHub.After(lost), "t");
            Eventually.True(() => back.Data.Contains("next"));
            Assert.That(back.Stream.Gaps.Count(), Is.EqualTo(1));
            Assert.That(back.Data, Does.Not.Contain("lost"));
            var other = hub.Subscribe(ResumePoint.Oldest, "t");
            other.WaitForData("kept", "next");
            Assert.That(other.Stream.Gaps, Is.Empty);
        }
    }

    [Test]
    public async Task Two_histories_in_one_database_know_nothing_of_each_other()
    {
        var other = await PostgresHistory.CreateAsync(_history.Database, "other");
        var (one, two) = (Start(), Start(history: other));

        one.Publish("t", "one");
        two.Publish("t", "two");

        two.Subscribe(ResumePoint.Oldest, "t").WaitForData("two");
        one.Subscribe(ResumePoint.Oldest, "t").WaitForData("one");
    }

    private static (PublishBatch Batch, Task<HubStatus> Status) Ending(TestHub hub)
    {
        var batch = new PublishBatch();
        TestHub.AddEnd(batch, "ended", "the end");
        return (batch, hub.Hub.PublishAsync(batch).AsTask());
    }

    private TestHub Start(HubOptions? options = null, PostgresHistory? history = null)
    {
        var hub = new TestHub(options, TimeProvider.System, (history ?? _history).NewStore());
        _hubs.Add(hub);
        return hub;
    }
}
