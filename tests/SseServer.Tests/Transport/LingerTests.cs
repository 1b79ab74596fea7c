using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

/// <summary>
/// Many clients read no reply before they have sent their whole body. So a refusal reaches them only if the rest of the body is read,
/// however long it is, within bounds of time. A connection that is closed while bytes arrive is reset, and a reset destroys the reply.
/// </summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class LingerTests(bool tls)
{
    private static readonly TransportOptions SmallBodies = new() { MaxBodyBytes = 10 };
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [TestCase(2_000_000)]
    [TestCase(30_000_000)]
    public async Task Refusal_reaches_a_client_that_sends_its_whole_body_first(int length)
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        for (var sent = 0; sent < length; sent += 100_000) await client.SendAsync(new byte[100_000]);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Fields["Connection"]), Is.EqualTo((413, "close")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        client.Dispose();
        await server.EmptyAsync();
    }

    [Test]
    public async Task Refusal_reaches_a_client_whose_body_takes_its_time()
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await StartLongBodyAsync(server);
        for (var second = 0; second < 28; second++) await TrickleAsync(server, client);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Fields["Connection"]), Is.EqualTo((413, "close")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Lingering_ends_when_nothing_comes_for_a_time()
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await StartLongBodyAsync(server);
        for (var second = 0; second < 10; second++) await TrickleAsync(server, client);
        server.Time.Advance(server.Options.LingerTimeout - Second);
        Assert.That(server.Transport.ConnectionCount, Is.EqualTo(1));
        await server.AdvanceUntilEmptyAsync(Second);
    }

    [Test]
    public async Task Lingering_ends_in_time_however_much_comes()
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await StartLongBodyAsync(server);
        for (var second = 0; second < 28; second++) await TrickleAsync(server, client);
        Assert.That(server.Transport.ConnectionCount, Is.EqualTo(1));
        server.Time.Advance(Second);
        // By the pauses alone it would have four seconds more.
        server.Time.Advance(Second);
        await server.EmptyAsync();
    }

    [Test]
    public async Task Connection_over_a_limit_lingers_no_longer_than_a_pause()
    {
        await using var server = new TestServer(tls, SmallBodies with { MaxConnections = 1 });
        var first = await server.ConnectAsync();
        await first.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await first.ReadReplyAsync();
        var second = await server.ConnectAsync();
        await second.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        await Eventually.HoldsAsync(() => Lingering(server) is not null, "a connection that lingers");
        for (var passed = 0; passed < 4; passed++) await TrickleAsync(server, second);
        server.Time.Advance(Second);
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 1, "one connection");
    }

    [Test]
    public async Task Reply_that_is_underway_when_the_server_stops_is_delivered()
    {
        const int length = 3_000_000;
        await using var server = new TestServer(tls);
        server.Application.Handlers["/long"] = exchange =>
        {
            exchange.CloseAfterReply();
            exchange.StartReply(200);
            exchange.EndReply("text/plain"u8, new byte[length]);
            return ValueTask.CompletedTask;
        };
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 200"));
        var start = await client.ReadAsync(length - 1000);
        await server.WaitingForAsync(DeadlineKind.Linger);
        await server.Transport.DrainAsync(TimeSpan.Zero).Soon();

        Assert.That(start.Length + (await client.ReadToEndAsync()).Length, Is.EqualTo(length));
    }

    private static async Task<TestClient> StartLongBodyAsync(TestServer server)
    {
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        await server.WaitingForAsync(DeadlineKind.Linger);
        return client;
    }

    // Time advances only after the server has read the byte; otherwise its deadline would count from an earlier one.
    private static async Task TrickleAsync(TestServer server, TestClient client)
    {
        server.Time.Advance(Second);
        await client.SendAsync("x");
        await Eventually.HoldsAsync(() => Lingering(server) is { RawChannel.AvailableBytes: 0 }, "the byte is read");
    }

    private static Connection? Lingering(TestServer server)
    {
        foreach (var connection in server.Transport.Connections)
            if (connection is { Phase: ConnectionPhase.Lingering }) return connection;
        return null;
    }
}
