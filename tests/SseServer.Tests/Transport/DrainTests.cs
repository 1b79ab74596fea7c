using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

[TestFixture(false)]
[TestFixture(true)]
public sealed class DrainTests(bool tls)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Connections_without_a_request_close_at_once()
    {
        await using var server = new TestServer(tls);
        var fresh = await server.ConnectAsync();
        var used = await server.ConnectAsync();
        await used.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await used.ReadReplyAsync();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 2, "two connections");
        var drain = server.Transport.DrainAsync(Timeout);
        Assert.That(await fresh.ReadToEndAsync(), Is.Empty);
        Assert.That(await used.ReadToEndAsync(), Is.Empty);
        fresh.Dispose();
        used.Dispose();
        await drain.Soon();
        Assert.That(server.Transport.ConnectionCount, Is.Zero);
    }

    [Test]
    public async Task Request_underway_is_answered_and_its_connection_closes()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
        await server.WaitingForAsync(DeadlineKind.Body);
        var drain = server.Transport.DrainAsync(Timeout);
        Assert.That(drain.IsCompleted, Is.False);
        await client.SendAsync("dy");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Body, reply.Fields["Connection"]), Is.EqualTo(("/a:body", "close")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        client.Dispose();
        await drain.Soon();
    }

    [Test]
    public async Task What_remains_when_the_time_is_over_is_cut_off()
    {
        await using var server = new TestServer(tls);
        var handler = server.AddStream("/stream");
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();
        await handler.Ready;
        var drain = server.Transport.DrainAsync(Timeout);
        Assert.That(handler.Left.IsCompleted, Is.False);
        server.Time.Advance(Timeout);
        Assert.That(await handler.Left, Is.EqualTo(CloseReason.ServerStopped));
        await drain.Soon();
    }

    [Test]
    public async Task Stream_ended_during_the_drain_closes_in_order()
    {
        await using var server = new TestServer(tls);
        var handler = server.AddStream("/stream");
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();
        var connection = await handler.Ready;
        var drain = server.Transport.DrainAsync(Timeout);
        connection.Output.TrySend("0\r\n\r\n"u8);
        connection.EndStream(StreamEnd.KeepAlive);
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("0\r\n\r\n"));
        client.Dispose();
        await drain.Soon();
    }

    [Test]
    public async Task No_client_can_connect_once_accepting_stopped()
    {
        await using var server = new TestServer(tls);
        server.Transport.StopAccepting();
        Assert.That(async () => await server.ConnectAsync(), Throws.InstanceOf<System.Net.Sockets.SocketException>());
    }

    [Test]
    public async Task Who_comes_while_the_server_drains_is_answered_and_sent_away()
    {
        await using var server = new TestServer(tls);
        var handler = server.AddStream("/stream");
        var reader = await server.ConnectAsync();
        await reader.SendAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        await reader.ReadHeadAsync();
        var connection = await handler.Ready;
        var early = await server.ConnectAsync();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 2, "two connections");

        var drain = server.Transport.DrainAsync(Timeout, answersNewcomers: true);
        var late = await server.ConnectAsync();
        foreach (var client in new[] { early, late })
        {
            await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            var reply = await client.ReadReplyAsync();
            Assert.That((reply.Body, reply.Fields["Connection"]), Is.EqualTo(("/a:", "close")));
            Assert.That(await client.ReadToEndAsync(), Is.Empty);
            client.Dispose();
        }

        Assert.That(drain.IsCompleted, Is.False);
        connection.Output.TrySend("0\r\n\r\n"u8);
        connection.EndStream(StreamEnd.KeepAlive);
        reader.Dispose();
        await drain.Soon();
        Assert.That(
            async () => await server.ConnectAsync(), Throws.InstanceOf<System.Net.Sockets.SocketException>(), "the listener closes last");
    }

    [Test]
    public async Task Idle_connections_close_though_newcomers_are_answered()
    {
        await using var server = new TestServer(tls);
        var used = await server.ConnectAsync();
        await used.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await used.ReadReplyAsync();
        var silent = await server.ConnectAsync();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 2, "two connections");

        var drain = server.Transport.DrainAsync(Timeout, answersNewcomers: true);
        Assert.That(await used.ReadToEndAsync(), Is.Empty, "it asked before and has nothing on its way");
        used.Dispose();
        Assert.That(drain.IsCompleted, Is.False);
        server.Time.Advance(server.Options.DrainRequestTimeout + TimeSpan.FromSeconds(1));
        Assert.That(await silent.ReadToEndAsync(), Is.Empty);
        silent.Dispose();
        await drain.Soon();
    }
}
