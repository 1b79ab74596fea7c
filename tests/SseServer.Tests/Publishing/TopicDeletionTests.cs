using System.Diagnostics;
using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History.Sqlite;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub;

/// <summary>Topics that are deleted, with history in memory and in a store.</summary>
[TestFixture(false)]
[TestFixture(true)]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TopicDeletionTests(bool isStored) : IDisposable
{
    private MemoryEventStore? _store = isStored ? new() : null;

    public void Dispose() => _store?.Dispose();

    [Test]
    public void A_deleted_topic_has_no_events_in_memory_or_store()
    {
        using var hub = Start(HubOptions.Default with { Shards = 1, Retention = new() { MaxEvents = 8 } });
        for (var i = 0; i < 40; i++) hub.Publish("a", $"{i}", id: $"p{i}", key: $"k{i % 7}");
        hub.Publish("b", "stays");

        Delete(hub, "a");

        Assert.That(hub.Topic("a").Footprint.Events, Is.Zero);
        Assert.That(hub.Hub.Catalog.Budget.Total, Is.EqualTo(hub.Topic("a").Footprint + hub.Topic("b").Footprint));
        Assert.That(_store?.Data("a") ?? [], Is.Empty);
        var reader = hub.Subscribe(ResumePoint.Oldest, "a", "b");
        reader.WaitForData("stays");
        hub.Publish("a", "anew", id: "p3");
        reader.WaitForData("stays", "anew");
    }

    [Test]
    public void Streams_of_a_deleted_topic_end_and_their_clients_are_told_that_this_was_all()
    {
        using var hub = Start();
        var first = hub.Publish("a", "one", id: "mine");
        var live = hub.SubscribeLive("a");
        hub.Publish("a", "two");

        var deletion = Delete(hub, "a");

        live.WaitForEnd(StreamEnding.Complete);
        Assert.That(live.Data, Is.EqualTo(new[] { "two" }));
        Assert.That(live.Stream.LastEventId, Is.EqualTo(deletion.ToString()));
        foreach (var start in new[] { TestHub.After(deletion), TestHub.After(first), TestHub.After("mine"), TestHub.After("unknown") })
            Assert.That(hub.IsOver(start, "a"), Is.True, $"{start}");
    }

    [Test]
    public void A_client_without_a_position_opens_a_stream_of_a_deleted_topic_and_resumes_it()
    {
        using var hub = Start();
        hub.Publish("a", "one");
        Delete(hub, "a");

        foreach (var start in new[] { ResumePoint.Head, ResumePoint.Oldest, ResumePoint.Latest, ResumePoint.At(hub.Time.GetUtcNow()) })
            Assert.That(hub.IsOver(start, "a"), Is.False, $"{start}");
        var reader = hub.SubscribeLive("a");
        var position = reader.Stream.LastEventId!;
        Assert.That(hub.IsOver(TestHub.After(position), "a"), Is.False, "It was not there when the topic was deleted.");
        var resumed = hub.Subscribe(TestHub.After(position), "a");
        hub.Publish("a", "anew");
        reader.WaitForData("anew");
        resumed.WaitForData("anew");
        Assert.That(resumed.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void A_client_from_before_the_deletion_gets_a_gap_once_the_topic_is_published_to_again()
    {
        using var hub = Start();
        var first = hub.Publish("a", "one");
        hub.Publish("a", "two");
        var deletion = Delete(hub, "a");
        hub.Publish("a", "anew");

        Assert.That(hub.IsOver(TestHub.After(first), "a"), Is.False);
        var early = hub.Subscribe(TestHub.After(first), "a");
        var told = hub.Subscribe(TestHub.After(deletion), "a");

        early.WaitForData("anew");
        told.WaitForData("anew");
        Assert.That(early.Stream.Gaps.Count(), Is.EqualTo(1));
        Assert.That(told.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Subscribers_of_other_topics_and_of_patterns_that_had_everything_get_no_gap()
    {
        using var hub = Start();
        hub.Publish("t/a", "one");
        var pattern = hub.Subscribe(ResumePoint.Oldest, "t/*");
        var both = hub.Subscribe(ResumePoint.Oldest, "t/a", "t/b");
        pattern.WaitForData("one");
        both.WaitForData("one");

        Delete(hub, "t/a");
        hub.Publish("t/b", "two");
        hub.Publish("t/a", "anew");

        pattern.WaitForData("one", "two", "anew");
        both.WaitForData("one", "two", "anew");
        Assert.That(pattern.Stream.Gaps.Count() + both.Stream.Gaps.Count(), Is.Zero);
    }

    [Test]
    public void Only_a_topic_that_somebody_published_to_can_be_deleted_and_only_once()
    {
        using var hub = Start();
        hub.SubscribeLive("read");
        hub.Publish("a", "one");
        hub.End("ended", "last");

        Assert.That(Status(hub, "none"), Is.EqualTo(HubStatus.NoSuchTopic));
        Assert.That(Status(hub, "read"), Is.EqualTo(HubStatus.NoSuchTopic));
        Assert.That(Status(hub, "a"), Is.EqualTo(HubStatus.Ok));
        Assert.That(Status(hub, "a"), Is.EqualTo(HubStatus.NoSuchTopic));
        Assert.That(Status(hub, "ended"), Is.EqualTo(HubStatus.Ok));
        hub.Publish("ended", "takes events again");
        Assert.That(Status(hub, "ended"), Is.EqualTo(HubStatus.Ok));
    }

    [Test]
    public void A_deletion_is_forgotten_after_a_day_and_with_it_the_topic()
    {
        using var hub = Start();
        var first = hub.Publish("a", "one");
        hub.Publish("a", "two");
        Delete(hub, "a");

        hub.Time.Advance(TimeSpan.FromHours(23));
        Assert.That(hub.IsOver(TestHub.After(first), "a"), Is.True);

        hub.Time.Advance(TimeSpan.FromHours(2));
        Eventually.True(() =>
        {
            hub.Time.Advance(TimeSpan.FromMinutes(2));
            return hub.Hub.Catalog.Topics.Find("a"u8) is null;
        });
        var late = hub.Subscribe(TestHub.After(first), "a");
        Eventually.True(() => late.Stream.Gaps.Count() == 1);
    }

    [Test]
    public void A_deletion_survives_a_restart()
    {
        Assume.That(isStored, "Needs a store.");
        EventId first;
        using (var hub = Start())
        {
            first = hub.Publish("a", "one", id: "p");
            Delete(hub, "a");
        }

        _store = _store!.Reopen();
        using (var hub = Start())
        {
            Assert.That(hub.IsOver(TestHub.After(first), "a"), Is.True);
            Assert.That(Status(hub, "a"), Is.EqualTo(HubStatus.NoSuchTopic));
            hub.Publish("a", "anew", id: "p");
        }

        _store = _store!.Reopen();
        using (var hub = Start())
        {
            Assert.That(hub.IsOver(TestHub.After(first), "a"), Is.False);
            hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("anew");
        }
    }

    [Test]
    public void No_byte_of_a_deleted_topic_is_left_in_the_file_or_its_log()
    {
        Assume.That(isStored, "Needs a store.");
        var path = Path.Combine(Path.GetTempPath(), $"deletion-{Guid.NewGuid():n}.db");
        try
        {
            using (var hub = new TestHub(HubOptions.Default with { Shards = 1 }, store: new SqliteEventStore(path)))
            {
                for (var i = 0; i < 300; i++)
                    hub.Publish("a", $"secret-{i}-{new string('x', i * 10)}", id: $"secret-id-{i}", key: $"secret-key-{i % 50}");

                hub.Publish("b", "public");
                Assert.That(Count(path, "secret-") + Count(path + "-wal", "secret-"), Is.Positive);

                Delete(hub, "a");

                Assert.That((Count(path, "secret-"), Count(path + "-wal", "secret-")), Is.EqualTo((0, 0)));
                Assert.That(Count(path, "public"), Is.Positive);
            }

            Assert.That(Count(path, "secret-"), Is.Zero);
        }
        finally
        {
            foreach (var file in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(path) + "*")) File.Delete(file);
        }
    }

    private static int Count(string path, string text)
    {
        if (!File.Exists(path)) return 0;
        // The store has a lock on its file, which a copy by another program does not heed.
        using (var copy = Process.Start("cp", [path, path + ".copy"])) copy.WaitForExit();
        var bytes = File.ReadAllBytes(path + ".copy");
        return bytes.AsSpan().Count(Encoding.ASCII.GetBytes(text));
    }

    private static HubStatus Status(TestHub hub, string topic)
        => hub.Hub.DeleteAsync(Encoding.UTF8.GetBytes(topic)).AsTask().GetAwaiter().GetResult().Status;

    private static EventId Delete(TestHub hub, string topic)
    {
        var (status, id) = hub.Hub.DeleteAsync(Encoding.UTF8.GetBytes(topic)).AsTask().GetAwaiter().GetResult();
        Assert.That(status, Is.EqualTo(HubStatus.Ok));
        return id;
    }

    private TestHub Start(HubOptions? options = null) => new(options ?? HubOptions.Default with { Shards = 1 }, store: _store);
}
