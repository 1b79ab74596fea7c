using System.Diagnostics;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>What clients see when the server is told to stop, as by SIGTERM.</summary>
public sealed class DrainTests
{
    [Test]
    public async Task Streams_end_with_a_reconnection_time_and_cleanly()
    {
        await using var server = new ServerUnderTest();
        var clients = new List<WireClient>();
        for (var i = 0; i < 40; i++) clients.Add(await server.SubscribeAsync(i % 2 == 0 ? "/events" : "/events/**"));
        await server.PublishAsync("/events", "last words");
        var stop = server.StopAsync(TimeSpan.FromSeconds(5));
        var retries = new HashSet<int>();
        foreach (var client in clients)
        {
            Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("last words"));
            var block = await client.ReadBlockAsync();
            Assert.That(block!.Text, Does.Match(@"^retry: \d+$"));
            retries.Add(int.Parse(block.Retry!));
            Assert.That(await client.ReadBlockAsync(), Is.Null, "the chunked body is complete");
            Assert.That(await client.EndsAsync(), "FIN, not RST");
            client.Dispose();
        }

        await stop;
        Assert.That(retries, Has.Count.GreaterThan(10), "clients cut together do not come back together");
        Assert.That(server.Transport.ConnectionCount, Is.Zero);
    }

    [Test]
    public async Task Streams_end_one_by_one_before_what_remains_is_cut_off()
    {
        await using var server = new ServerUnderTest();
        var clients = new List<WireClient>();
        for (var i = 0; i < 40; i++) clients.Add(await server.SubscribeAsync("/events"));
        var stop = server.StopAsync(TimeSpan.FromSeconds(5), spread: TimeSpan.FromSeconds(4));
        server.Time.Advance(TimeSpan.FromSeconds(2));
        await server.HasStreamsAsync(18);
        server.Time.Advance(TimeSpan.FromSeconds(2));
        await server.HasStreamsAsync(0);
        foreach (var client in clients)
        {
            Assert.That((await client.ReadBlockAsync())!.Text, Does.Match(@"^retry: \d+$"));
            Assert.That(await client.ReadBlockAsync(), Is.Null, "the chunked body is complete");
            Assert.That(await client.EndsAsync(), "FIN, not RST");
            client.Dispose();
        }

        await stop;
    }

    // Of time there are lower bounds only: the last of 200 streams ends just before four fifths of the period are over.
    [Test]
    [Platform("Linux,MacOsX")]
    public async Task Process_that_is_told_to_stop_takes_its_time_and_ends_every_stream_cleanly()
    {
        using var server = await ServerProcess.StartAsync("--Drain:Seconds=10", "--Streams:Shards=1", "--Streams:HeartbeatInterval=10m",
            "--Streams:TemporaryEnd=clean");
        var clients = new List<WireClient>();
        for (var i = 0; i < 200; i++)
        {
            clients.Add(await WireClient.ConnectAsync(server.EndPoint));
            await clients[i].RequestAsync("GET", "/events");
            await clients[i].ReadHeadAsync();
            Assert.That((await clients[i].ReadBlockAsync())!.Name, Is.EqualTo("connected"));
        }

        var start = Stopwatch.GetTimestamp();
        var ends = clients.ConvertAll(ReadEndAsync);
        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(Stopwatch.GetElapsedTime(start), Is.GreaterThan(TimeSpan.FromSeconds(7)));
        var times = await Task.WhenAll(ends).Soon();
        Array.Sort(times);
        Assert.That(Stopwatch.GetElapsedTime(times[0], times[^1]), Is.GreaterThan(TimeSpan.FromSeconds(2)), "they end one by one");
    }

    [Test]
    [Platform("Linux,MacOsX")]
    public async Task Process_that_stops_at_once_still_tells_every_stream_when_to_come_back()
    {
        using var server = await ServerProcess.StartAsync("--Drain:Seconds=0", "--Streams:HeartbeatInterval=10m",
            "--Streams:TemporaryEnd=clean");
        var clients = new List<WireClient>();
        for (var i = 0; i < 300; i++)
        {
            clients.Add(await WireClient.ConnectAsync(server.EndPoint));
            await clients[i].RequestAsync("GET", "/events");
            await clients[i].ReadHeadAsync();
            Assert.That((await clients[i].ReadBlockAsync())!.Name, Is.EqualTo("connected"));
        }

        var ends = clients.ConvertAll(ReadEndAsync);
        Assert.That(await server.StopAsync(), Is.Zero);
        await Task.WhenAll(ends).Soon();
    }

    private static async Task<long> ReadEndAsync(WireClient client)
    {
        using (client)
        {
            Assert.That((await client.ReadBlockAsync())!.Text, Does.Match(@"^retry: \d+$"));
            Assert.That(await client.ReadBlockAsync(), Is.Null, "the chunked body is complete");
            Assert.That(await client.EndsAsync(), "FIN, not RST");
            return Stopwatch.GetTimestamp();
        }
    }

    [Test]
    public async Task Subscriber_that_comes_while_the_server_leaves_is_sent_away()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/healthz");
        await client.ReadReplyAsync();
        server.Application.BeginDrain();
        server.Hub.Shedder.BeginDrain(TimeSpan.Zero);
        await client.RequestAsync("GET", "/events", body: (string?)null, "Accept: text/event-stream");
        Assert.That((await client.ReadReplyAsync()).Body, Does.Match(@"^retry: \d+\n\n$"));
    }

    [Test]
    public async Task Publish_that_is_underway_is_finished_and_its_connection_closed()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        Assert.That((await client.ReadHeadAsync()).Status, Is.EqualTo(100));
        var stop = server.StopAsync(TimeSpan.FromSeconds(5));
        await client.SendAsync("data");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((201, "close")));
        Assert.That(await client.EndsAsync());
        client.Dispose();
        await stop;
    }

    [Test]
    public async Task Reader_of_http_1_0_gets_what_there_is_and_the_end_of_the_connection()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /events HTTP/1.0\r\n\r\n");
        await client.ReadHeadAsync();
        await client.ReadBlockAsync();
        await server.PublishAsync("/events", "x");
        var stop = server.StopAsync(TimeSpan.FromSeconds(5));
        Assert.That(await client.ReadBodyAsync(), Does.Match(@"^id: \S+\ndata: x\n\nretry: \d+\n\n$"));
        client.Dispose();
        await stop;
    }
}
