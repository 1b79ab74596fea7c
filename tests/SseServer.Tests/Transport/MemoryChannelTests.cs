using System.Net;
using System.Text;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

/// <summary>The whole transport above the socket, over memory.</summary>
public sealed class MemoryChannelTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Closing = "GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static readonly IPEndPoint Peer = IPEndPoint.Parse("192.0.2.7:4711");

    [Test]
    public async Task Requests_are_answered_in_order_and_the_connection_closes()
    {
        await using var server = new TestServer();
        using var client = server.ConnectInMemory(Peer);
        await WriteAsync(client, Get);
        Assert.That(await ReadAsync(client, "/a:"), Does.StartWith("HTTP/1.1 200 OK\r\n"));
        Assert.That(server.Connection.RemoteEndPoint, Is.EqualTo(Peer));
        await WriteAsync(client, Closing);
        Assert.That(await ReadAsync(client, "/b:"), Does.Contain("Connection: close\r\n"));
        Assert.That(await client.ReadAsync(new byte[1]), Is.Zero);
        client.Finish();
        await server.EmptyAsync();
        Assert.That(server.Transport.Counters.Closed(CloseReason.ReplyComplete), Is.EqualTo(1));
    }

    [Test]
    public async Task Body_may_come_byte_by_byte()
    {
        await using var server = new TestServer();
        using var client = server.ConnectInMemory(Peer);
        foreach (var single in "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody") await WriteAsync(client, single.ToString());
        Assert.That(await ReadAsync(client, "/a:body"), Does.StartWith("HTTP/1.1 200 OK\r\n"));
    }

    [Test]
    public async Task Stream_notices_that_its_client_leaves()
    {
        await using var server = new TestServer();
        var handler = server.AddStream("/stream");
        using var client = server.ConnectInMemory(Peer);
        await WriteAsync(client, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        var connection = await handler.Ready;
        Assert.That(connection.Output.TrySend("2\r\n:\n\r\n"u8), Is.EqualTo(7));
        await ReadAsync(client, ":\n\r\n");
        client.Finish();
        Assert.That(await handler.Left, Is.EqualTo(CloseReason.PeerFinished));
        await server.EmptyAsync();
    }

    [Test]
    public async Task Limits_and_deadlines_hold_as_over_sockets()
    {
        await using var server = new TestServer(new TransportOptions { MaxConnectionsPerAddress = 1 });
        using var client = server.ConnectInMemory(Peer);
        await server.WaitingForAsync(DeadlineKind.Request);
        using var second = server.ConnectInMemory(Peer);
        await WriteAsync(second, Get);
        Assert.That(await ReadAsync(second, "/a:"), Does.Contain("Connection: close\r\n"));
        second.Finish();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 1, "one connection");
        server.Time.Advance(server.Options.KeepAliveTimeout + TimeSpan.FromSeconds(1));
        Assert.That(await client.ReadAsync(new byte[1]).AsTask().Soon(), Is.Zero);
        client.Finish();
        await server.EmptyAsync();
        Assert.That(server.Transport.Counters.Closed(CloseReason.KeepAliveTimeout), Is.EqualTo(1));
    }

    private static Task WriteAsync(Stream client, string text) => client.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask().Soon();

    private static async Task<string> ReadAsync(Stream client, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var read = await client.ReadAsync(buffer).AsTask().Soon();
            if (read == 0) break;
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
