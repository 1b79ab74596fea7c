using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Hosting;
using SseServer.Hub;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Limits;

/// <summary>Memory pressure on the real hub, with memory readings chosen by the test.</summary>
public sealed class MemoryWatcherTests
{
    private const long Megabyte = 1024 * 1024;

    private static readonly HubOptions Options = HubOptions.Default with { Shards = 1, MaxHistoryBytes = 16 * Megabyte };

    [Test]
    public async Task History_goes_first_then_newcomers_and_never_a_stream()
    {
        await using var server = new ServerUnderTest(hub: Options);
        var others = 0L;
        var collections = 0;
        using var watcher = new MemoryWatcher(
            server.Hub, server.Application.Bodies,
            new(20 * Megabyte, () => Volatile.Read(ref others) + server.Hub.HistoryBytes, () => collections++),
            new(server.Hub, 0, () => 0, 0), server.Time, new Logger<MemoryWatcher>(server.Logs));
        var live = await server.SubscribeAsync("/events/live");
        var first = await PublishAsync(server, 10);
        watcher.Sample();
        Assert.That((server.Hub.Pressure, collections), Is.EqualTo((MemoryPressure.None, 0)));
        var (history, events) = (server.Hub.HistoryBytes, server.Hub.Catalog.Budget.Total.Events);

        others = 12 * Megabyte;
        watcher.Sample();
        Assert.That(server.Hub.Pressure, Is.EqualTo(MemoryPressure.ShortHistory));
        Assert.That(server.Hub.HistoryBytes, Is.LessThanOrEqualTo(history / 4 * 3));
        Assert.That(server.Hub.Catalog.Budget.Total.Events, Is.LessThan(events));
        Assert.That(server.Hub.Reconnection.Mean, Is.GreaterThan(server.Hub.Options.ReconnectionTime),
            "clients are told to stay away longer");
        Assert.That(collections, Is.EqualTo(1), "garbage is looked for before history goes");
        var resumed = await server.SubscribeAsync("/events/history", $"Last-Event-ID: {first}");
        Assert.That((await resumed.ReadEventAsync())!.Name, Is.EqualTo("gap"), "who has lost something is told");
        Assert.That((await server.SendAsync("POST", "/events/live", "1")).Status, Is.EqualTo(201));

        others = 21 * Megabyte;
        for (var i = 0; i < 16 && server.Hub.Pressure != MemoryPressure.Full; i++) watcher.Sample();
        Assert.That(server.Hub.Pressure, Is.EqualTo(MemoryPressure.Full));
        Assert.That(server.Hub.HistoryBytes, Is.LessThanOrEqualTo(Megabyte));
        await AssertRefusesAsync(server);
        Assert.That(server.Hub.Streams, Is.EqualTo(2));

        others = 0;
        for (var i = 0; i < 16; i++) watcher.Sample();
        Assert.That((server.Hub.Pressure, server.Hub.Catalog.Budget.MaxBytes), Is.EqualTo((MemoryPressure.None, 16 * Megabyte)));
        Assert.That((await server.SendAsync("POST", "/events/live", "2")).Status, Is.EqualTo(201));
        Assert.That((await live.ReadEventAsync())!.Data, Is.EqualTo("1"));
        Assert.That((await live.ReadEventAsync())!.Data, Is.EqualTo("2"));
        await PublishAsync(server, 12);
        Assert.That(server.Hub.HistoryBytes, Is.GreaterThan(8 * Megabyte), "history grows again");
        Assert.That(server.Logs.Told.Count(line => line.StartsWith("Memory pressure", StringComparison.Ordinal)), Is.EqualTo(3),
            "each change of level is logged");
    }

    [Test]
    public async Task Without_anything_to_shed_garbage_is_collected_twice_a_minute()
    {
        await using var server = new ServerUnderTest(hub: Options);
        var collections = 0;
        using var watcher = new MemoryWatcher(
            server.Hub, server.Application.Bodies, new(1, () => 2, () => collections++), new(server.Hub, 0, () => 0, 0),
            server.Time, new Logger<MemoryWatcher>(server.Logs));
        // The bound goes down first; that there is nothing to shed shows then.
        while (server.Hub.Pressure != MemoryPressure.Full) watcher.Sample();
        var before = collections;
        for (var i = 0; i < 60; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
            watcher.Sample();
        }

        Assert.That(collections - before, Is.InRange(1, 3));
    }

    [Test]
    public async Task Stream_of_events_is_cut_with_its_last_id_when_memory_is_full()
    {
        await using var server = new ServerUnderTest(hub: Options);
        var reader = await server.SubscribeAsync("/events");
        var publisher = await server.ConnectAsync();
        await publisher.SendAsync(
            $"POST /events HTTP/1.1\r\nHost: {publisher.Authority}\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n");
        await publisher.SendChunkAsync("data: 1\n\n");
        await reader.ReadEventAsync();
        server.Hub.Pressure = MemoryPressure.Full;
        await publisher.SendChunkAsync("data: 2\n\n");
        var reply = await publisher.ReadReplyAsync();
        Assert.That(reply.Status, Is.EqualTo(503));
        Assert.That(reply.Problem, Does.Contain("memory"));
        Assert.That(reply.Json.GetProperty("lastId").GetString(), Is.EqualTo(server.Hub.Head.ToString()));
    }

    private static async Task AssertRefusesAsync(ServerUnderTest server)
    {
        var soft = await server.SendAsync("GET", "/events", null, "Accept: text/event-stream");
        Assert.That((soft.Status, soft["Content-Type"]), Is.EqualTo((200, "text/event-stream; charset=utf-8")));
        Assert.That(soft.Body, Does.Match(@"^retry: [0-9]+\n\n$"));
        Assert.That((await server.SendAsync("GET", "/events")).Status, Is.EqualTo(503));
        var post = await server.SendAsync("POST", "/events", "x");
        Assert.That(post.Status, Is.EqualTo(503));
        Assert.That(int.Parse(post["Retry-After"]!), Is.Positive);
        Assert.That(await server.RefusalsAsync("memory"), Is.EqualTo(3));
        Assert.That(await server.MetricAsync("sse_memory_pressure_level"), Is.EqualTo(2));
    }

    // Publishes some megabytes of events; returns the first id.
    private static async Task<string> PublishAsync(ServerUnderTest server, int megabytes)
    {
        var data = new string('x', 256 * 1024);
        var first = await server.PublishAsync("/events/history", data);
        for (var i = 1; i < megabytes * 4; i++) await server.PublishAsync("/events/history", data);
        return first;
    }
}
