using System.Text;
using SseServer.Catalog;
using SseServer.History;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Tests.Acceptance;
using SseServer.Tests.Endpoints;
using SseServer.Tests.History;
using SseServer.Tests.Relay.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Relay;

/// <summary>All of a source's events, each once and in order, whatever happens on the way.</summary>
public sealed class RelayExactnessTests
{
    [Test]
    public async Task Events_arrive_once_and_in_order_if_the_connection_is_cut_at_fifty_random_places()
    {
        const int cuts = 50;
        var random = new Random(23);
        await using var source = new ServerUnderTest();
        var connections = 0;
        await using var proxy = new CuttingProxy(source.EndPoint, () => ++connections <= cuts ? random.Next(1, 4000) : long.MaxValue);
        Publish(source, 0);
        await using var relay = new RelayUnderTest(proxy.Url("/events/s?since=all"));
        var reader = new SequenceReader(relay.Server, "/events/t?since=all", topics: 1);
        await reader.ConnectAsync();

        var published = 1;
        while (proxy.Cuts < cuts)
        {
            for (var i = random.Next(1, 40); i > 0; i--) Publish(source, published++);
            await relay.HoldsAsync(ReadToAsync(reader, published - 200), "so many events");
        }

        for (var i = 0; i < 10; i++) Publish(source, published++);
        await relay.HoldsAsync(ReadToAsync(reader, published), "all events");

        Assert.That(reader.Received, Is.EqualTo(published));
        Assert.That(await relay.Server.MetricAsync("sse_relay_reconnects_total{topic=\"t\"}"), Is.GreaterThanOrEqualTo(cuts));
        reader.Dispose();
    }

    [Test]
    public async Task Source_that_sends_all_again_each_time_brings_nothing_twice()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        using var reader = await relay.ReadAsync();
        var all = "";
        var expected = new List<string>();
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                all += $"id: {round}.{i}\ndata: {round}.{i}\n\n";
                expected.Add($"{round}.{i}");
            }

            using var exchange = await relay.SoonAsync(source.AcceptAsync());
            Assert.That(exchange["Last-Event-ID"], Is.EqualTo(round == 0 ? null : $"{round - 1}.19"));
            await exchange.ReplyAsync(SourceServer.StreamHead + all);
        }

        Assert.That(await relay.NextAsync(reader, expected.Count), Is.EqualTo(expected));
        using var last = await relay.SoonAsync(source.AcceptAsync());
        await last.SendAsync(SourceServer.StreamHead + all + "data: end\n\n");
        Assert.That(await relay.NextAsync(reader, 1), Is.EqualTo(new[] { "end" }));
        Assert.That(await relay.Server.MetricAsync("sse_relay_repeats_total{topic=\"t\"}"), Is.EqualTo(20 + 40 + 60 + 80 + 100));
    }

    [Test]
    public async Task Relay_with_a_store_resumes_after_a_restart()
    {
        await using var source = new SourceServer();
        var store = new MemoryEventStore();
        await using (var relay = new RelayUnderTest(source.Url, store))
        {
            using var reader = await relay.ReadAsync();
            using var exchange = await relay.SoonAsync(source.AcceptAsync());
            await exchange.SendAsync(SourceServer.StreamHead + "id: a\ndata: 1\n\nid: 17-4\n\nid: b\ndata: 2\n\nid: 18-0\n\n");
            Assert.That(await relay.NextAsync(reader, 2), Is.EqualTo(new[] { "1", "2" }));
        }

        await using var again = new RelayUnderTest(source.Url, store.Reopen());
        using var all = await again.ReadAsync();
        using var next = await again.SoonAsync(source.AcceptAsync());
        await next.SendAsync(SourceServer.StreamHead + "id: a\ndata: 1\n\nid: b\ndata: 2\n\nid: c\ndata: 3\n\n");

        Assert.That(next["Last-Event-ID"], Is.EqualTo("18-0"));
        Assert.That(await again.NextAsync(all, 3), Is.EqualTo(new[] { "1", "2", "3" }));
    }

    [Test]
    public async Task Crash_keeps_events_and_their_position_together()
    {
        await using var source = new SourceServer();
        var store = new MemoryEventStore();
        var crashed = default(MemoryEventStore);
        await using (var relay = new RelayUnderTest(source.Url, store))
        {
            using var exchange = await relay.SoonAsync(source.AcceptAsync());
            for (var i = 0; i < 20; i++)
            {
                await exchange.SendAsync((i == 0 ? SourceServer.StreamHead : "") + $"id: {i}\ndata: {i}\n\n");
                if (i == 10) await relay.HoldsAsync(() => store.Data("t").Length > 5, "some commits");
                if (i == 10) crashed = store.Crash();
            }

            await relay.HoldsAsync(() => store.Data("t").Length == 20, "all commits");
        }

        var kept = crashed!.Data("t");
        await using var again = new RelayUnderTest(source.Url, crashed);
        using var next = await again.SoonAsync(source.AcceptAsync());
        Assert.That(next["Last-Event-ID"], Is.EqualTo(kept[^1]));
        await next.SendAsync(SourceServer.StreamHead + string.Concat(Enumerable.Range(0, 20).Select(i => $"id: {i}\ndata: {i}\n\n")));
        using var reader = await again.ReadAsync();
        Assert.That(await again.NextAsync(reader, 20), Is.EqualTo(Enumerable.Range(0, 20).Select(i => $"{i}")));
    }

    [Test]
    public async Task Another_url_starts_over()
    {
        await using var source = new SourceServer();
        var store = new MemoryEventStore();
        await using (var relay = new RelayUnderTest(source.Url, store))
        {
            using var exchange = await relay.SoonAsync(source.AcceptAsync());
            await exchange.SendAsync(SourceServer.StreamHead + "id: 1\ndata: one\n\n");
            await relay.HoldsAsync(() => store.Data("t").Length == 1, "the commit");
        }

        await using var other = new RelayUnderTest(new Uri(source.Url, "/other"), store.Reopen());
        using var reader = await other.ReadAsync();
        using var next = await other.SoonAsync(source.AcceptAsync());
        await next.SendAsync(SourceServer.StreamHead + "id: 1\ndata: another one\n\n");

        Assert.That(next["Last-Event-ID"], Is.Null);
        Assert.That(await other.NextAsync(reader, 2), Is.EqualTo(new[] { "one", "another one" }));
        Assert.That(other.Logs.Complaints, Has.One.Contains("starting over"));
    }

    [Test]
    public async Task Position_is_written_again_before_it_is_too_old_to_be_kept()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        using var positions = await relay.ReadAsync("$relay/t");
        using var exchange = await relay.SoonAsync(source.AcceptAsync());
        await exchange.SendAsync(SourceServer.StreamHead + "id: 1\ndata: a\n\n");
        Assert.That((await relay.SoonAsync(positions.ReadBlockAsync()))!.Data, Is.EqualTo("1\n1"));
        await relay.HasEventsAsync(1);

        relay.Time.Advance(relay.Server.Hub.Options.Retention.MaxAge / 2 + TimeSpan.FromSeconds(1));

        Assert.That((await relay.SoonAsync(positions.ReadBlockAsync()))!.Data, Is.EqualTo("1"));
    }

    [Test]
    public async Task Memory_pressure_holds_the_source_and_loses_nothing()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        using var reader = await relay.ReadAsync();
        using var exchange = await relay.SoonAsync(source.AcceptAsync());

        relay.Server.Hub.Pressure = MemoryPressure.Full;
        await exchange.SendAsync(SourceServer.StreamHead + "data: 1\n\n");
        await relay.HoldsAsync(() => !relay.Logs.Complaints.IsEmpty, "a line of the log");
        Assert.That(relay.Server.Hub.Catalog.Budget.Total.Events, Is.Zero);
        relay.Server.Hub.Pressure = MemoryPressure.None;

        Assert.That(await relay.NextAsync(reader, 1), Is.EqualTo(new[] { "1" }));
        await relay.HasEventsAsync(1);
        Assert.That(relay.Logs.Complaints.Single(), Does.Contain("MemoryPressure"));
    }

    [TestCase(StoreFailure.Full)]
    [TestCase(StoreFailure.Unavailable)]
    public async Task Failing_disk_holds_the_source_and_loses_nothing(object failure)
    {
        await using var source = new SourceServer();
        var store = new MemoryEventStore();
        await using var relay = new RelayUnderTest(source.Url, store);
        using var exchange = await relay.SoonAsync(source.AcceptAsync());
        await exchange.SendAsync(SourceServer.StreamHead + "id: 1\ndata: 1\n\n");
        await relay.HoldsAsync(() => store.Data("t").Length == 1, "the first commit");

        store.Failure = (StoreFailure)failure;
        await exchange.SendAsync("id: 2\ndata: 2\n\n");
        await relay.HoldsAsync(() => !relay.Logs.Complaints.IsEmpty, "a line of the log");
        await exchange.SendAsync("id: 3\ndata: 3\n\n");
        store.Failure = null;
        await relay.HoldsAsync(() => store.Data("t").Length == 3, "all commits");

        Assert.That(store.Data("t"), Is.EqualTo(new[] { "1", "2", "3" }));
        Assert.That(relay.Logs.Complaints, Has.Count.EqualTo(1), "once for the state, not for each try");
    }

    private static Func<bool> ReadToAsync(SequenceReader reader, int count)
    {
        var reading = reader.ReadUntilAsync(count);
        return () =>
        {
            if (reading.IsFaulted) reading.GetAwaiter().GetResult();
            return reading.IsCompleted;
        };
    }

    // Half of them with their own ids, which take precedence over the hub's.
    private static void Publish(ServerUnderTest source, int number)
    {
        var batch = new PublishBatch();
        TopicName.TryCreate("s"u8, out var topic, out _);
        PublisherEventId id = default;
        if (number % 2 == 0) PublisherEventId.TryCreate(Encoding.ASCII.GetBytes($"own{number}"), out id);
        batch.Add(topic, new ServerSentEvent { Id = id, Data = Encoding.ASCII.GetBytes($"s:{number}"), RetryMilliseconds = -1 });
        Assert.That(source.Hub.PublishNow(batch), Is.EqualTo(HubStatus.Ok));
    }
}
