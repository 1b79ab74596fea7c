using System.Buffers;
using SseServer.Catalog;
using SseServer.Log;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;
using SseServer.Tests.Transport;
using SseServer.Transport;

namespace SseServer.Tests.Limits;

/// <summary>Slow peers: each gets a response, is counted and disconnected, however steadily it sends.</summary>
public sealed class SlowPeerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // A refused peer that keeps sending must not be cut off while the clock moves.
    private static readonly TransportOptions Patient = new()
    {
        LingerTimeout = TimeSpan.FromHours(1),
        LingerPeriod = TimeSpan.FromHours(1),
        BodyIdleTimeout = TimeSpan.FromHours(1),
    };

    [Test]
    public async Task Head_that_comes_byte_by_byte_is_given_up_in_time()
    {
        await using var server = new ServerUnderTest(transport: Patient);
        var client = await server.ConnectAsync();
        await client.SendAsync("G");
        await WaitingForAsync(server, DeadlineKind.Head);
        foreach (var letter in "ET /events HTT")
        {
            server.Time.Advance(Second);
            await client.SendAsync($"{letter}");
        }

        await WaitingForAsync(server, DeadlineKind.Head);
        server.Time.Advance(Patient.HeaderTimeout);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((408, "close")));
        Assert.That(reply.Problem, Does.Contain("head"));
        client.Dispose();
        await server.HasConnectionsAsync(0);
        Assert.That(await server.RefusalsAsync("header_time"), Is.EqualTo(1));
        Assert.That(await server.MetricAsync("""sse_connections_closed_total{reason="header_timeout"}"""), Is.EqualTo(1));
    }

    [Test]
    public async Task Body_that_trickles_is_given_up()
    {
        await using var server = new ServerUnderTest(transport: Patient);
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Length: 1000000\r\n\r\n");
        await WaitingForAsync(server, DeadlineKind.Body);
        for (var i = 0; i < 4; i++)
        {
            server.Time.Advance(Second);
            await client.SendAsync("x");
        }

        Assert.That(server.Logs.Told, Is.Empty, "the first seconds are free");
        await TrickleAsync(server, client);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((408, "close")));
        Assert.That(reply.Problem, Does.Contain("faster"));
        client.Dispose();
        Assert.That(await server.RefusalsAsync("body_rate"), Is.EqualTo(1));
    }

    [Test]
    public async Task Chunks_of_one_byte_are_no_way_around_the_rate()
    {
        await using var server = new ServerUnderTest(transport: Patient);
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n");
        await WaitingForAsync(server, DeadlineKind.Body);
        await TrickleAsync(server, client, "1\r\nx\r\n");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(408));
        client.Dispose();
        Assert.That(await server.RefusalsAsync("body_rate"), Is.EqualTo(1));
    }

    [Test]
    public async Task Body_that_stops_is_distinguished_from_a_slow_one()
    {
        await using var server = new ServerUnderTest(transport: new TransportOptions { MinBodyRate = 0 });
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Length: 10\r\n\r\nx");
        await WaitingForAsync(server, DeadlineKind.Body);
        server.Time.Advance(new TransportOptions().BodyIdleTimeout + Second);
        var reply = await client.ReadReplyAsync();
        Assert.That(reply.Status, Is.EqualTo(408));
        Assert.That(reply.Problem, Does.Contain("pauses"));
        Assert.That(await server.RefusalsAsync("body_idle"), Is.EqualTo(1));
    }

    // 2,400 bytes at 240 a second are ten seconds' worth, after five that are free.
    [TestCase(14, 200)]
    [TestCase(16, 408)]
    public async Task Body_may_pause_for_what_it_was_ahead(int pause, int status)
    {
        await using var server = new TestServer();
        var body = new ArrayBufferWriter<byte>();
        var received = 0;
        server.Application.Handlers["/count"] = async exchange =>
        {
            BodyReadResult read;
            do
            {
                read = await exchange.Body.ReadAsync(body);
                Volatile.Write(ref received, body.WrittenCount);
            }
            while (read.Status == BodyReadStatus.Data);
            exchange.StartReply(read.Status == BodyReadStatus.TimedOut ? 408 : 200);
            exchange.EndReply();
        };
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 2401\r\n\r\n");
        await client.SendAsync(new byte[2400]);
        await Eventually.HoldsAsync(() => Volatile.Read(ref received) == 2400 && server.Connection.Waiting == DeadlineKind.Body,
            "a wait for the last byte");
        server.Time.Advance(TimeSpan.FromSeconds(pause));
        if (status == 200) await client.SendAsync("x");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task Subscriber_that_stops_reading_is_counted_named_and_finally_disconnected()
    {
        await using var server = new ServerUnderTest(hub: HubOptions.Default with
        {
            Shards = 1,
            Retention = new TopicRetention { MaxEvents = 8 }
        });
        var client = await server.ConnectAsync(receiveBuffer: 4096);
        await client.RequestAsync("GET", "/events");
        await client.ReadHeadAsync();
        await client.ReadBlockAsync();
        // Until the kernel accepts no more, whatever the size of its buffers.
        var padding = new string('x', 64 * 1024);
        while (await server.MetricAsync("sse_streams_slow") == 0)
        {
            await server.PublishAsync("/events", padding);
            server.Time.Advance(Second);
        }

        await Eventually.HoldsAsync(() =>
        {
            server.Time.Advance(Second);
            return server.Transport.ConnectionCount == 0;
        }, "the reader cut off");
        Assert.That(server.Logs.Told.Where(line => line.Contains("stopped reading", StringComparison.Ordinal)),
            Has.Exactly(1).Contains("127.0.0.1"));
        Assert.That(await server.MetricAsync("""sse_connections_closed_total{reason="stalled_reader"}"""), Is.EqualTo(1));
        Assert.That(await server.MetricAsync("""sse_streams_ended_total{reason="broken"}"""), Is.EqualTo(1));
    }

    [Test]
    public async Task Subscriber_that_loses_events_is_counted_and_named()
    {
        await using var server = new ServerUnderTest(hub: HubOptions.Default with
        {
            Shards = 1,
            Retention = new TopicRetention { MaxEvents = 8 }
        });
        var first = await server.PublishAsync("/events", "first");
        for (var i = 0; i < 20; i++) await server.PublishAsync("/events", "x");
        var client = await server.SubscribeAsync("/events", $"Last-Event-ID: {first}");
        Assert.That((await client.ReadEventAsync())!.Name, Is.EqualTo("gap"));
        Assert.That(await server.MetricAsync("sse_gaps_total"), Is.EqualTo(1));
        Assert.That(server.Logs.Told, Has.One.Contains("lost events").And.One.Contains("127.0.0.1"));
    }

    [TestCase("GET /events?{0} HTTP/1.1\r\nHost: a\r\n\r\n", 414, "request_line")]
    [TestCase("GET /events HTTP/1.1\r\nHost: a\r\nX: {0}\r\n\r\n", 431, "header_bytes")]
    public async Task Head_above_its_bounds_is_counted(string request, int status, string label)
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync(request.Replace("{0}", new string('x', 40_000), StringComparison.Ordinal));
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(status));
        Assert.That(await server.RefusalsAsync(label), Is.EqualTo(1));
    }

    [Test]
    public async Task Head_of_too_many_fields_is_counted()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events", null, [.. Enumerable.Repeat("X: y", 200)]);
        Assert.That(reply.Status, Is.EqualTo(431));
        Assert.That(await server.RefusalsAsync("header_count"), Is.EqualTo(1));
    }

    private static async Task TrickleAsync(ServerUnderTest server, WireClient client, string piece = "x")
    {
        for (var i = 0; i < 100_000 && server.Logs.Told.IsEmpty; i++)
        {
            await client.SendAsync(piece);
            server.Time.Advance(Second);
            await Task.Yield();
        }
    }

    private static Task WaitingForAsync(ServerUnderTest server, DeadlineKind kind) => Eventually.HoldsAsync(
        () => server.Transport.Connections.ToArray().Any(connection => connection is not null && connection.Waiting == kind),
        $"a wait for {kind}");
}
