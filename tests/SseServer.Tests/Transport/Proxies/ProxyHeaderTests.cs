using System.Net;
using SseServer.Tests.Support;
using SseServer.Tests.Transport.Tls;
using SseServer.Transport;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Transport.Proxies;

/// <summary>PROXY headers over real connections. The syntax of headers is tested with the parser.</summary>
public sealed class ProxyHeaderTests
{
    private const string Header = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";
    private const string Get = "GET /who HTTP/1.1\r\nHost: a\r\n\r\n";

    private static readonly TransportOptions Trusting = new()
    {
        Proxies = new ProxyOptions { Trusted = [IPNetwork.Parse("127.0.0.0/8")], ExpectsHeader = true },
    };

    [Test]
    public async Task Header_of_a_trusted_proxy_says_who_asks()
    {
        await using var server = Start(Trusting);
        var client = await server.ConnectAsync();
        await client.SendAsync(Header + Get + Get);
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("192.0.2.7"));
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("192.0.2.7"), "for all requests of the connection");
        Assert.That(server.Connection.RemoteEndPoint, Is.EqualTo(IPEndPoint.Parse("192.0.2.7:4711")));
    }

    [TestCase("0d0a0d0a000d0a515549540a2111000c010203040506070812340050", "1.2.3.4")]
    [TestCase("0d0a0d0a000d0a515549540a20000000", "127.0.0.1")]
    public async Task Binary_header_does_so_too(string hex, string address)
    {
        await using var server = Start(Trusting);
        var client = await server.ConnectAsync();
        await client.SendAsync(Convert.FromHexString(hex));
        await client.SendAsync(Get);
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo(address));
    }

    [Test]
    public async Task Header_may_come_byte_by_byte()
    {
        await using var server = Start(Trusting);
        var client = await server.ConnectAsync();
        foreach (var single in Header + Get) await client.SendAsync(single.ToString());
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("192.0.2.7"));
    }

    [Test]
    public async Task Header_comes_before_TLS()
    {
        await using var server = new TestServer(tls: true, Trusting);
        AddWho(server);
        using var client = await TlsClient.ConnectBehindAsync(server.EndPoint, Header);
        Assert.That(await client.GetHeadAsync("/who"), Does.Contain("Content-Length: 9\r\n"));
        Assert.That(await client.ReadTextAsync(9), Is.EqualTo("192.0.2.7"));
    }

    [TestCase(Get)]
    [TestCase("PROXY TCP4 nonsense\r\n")]
    [TestCase("nonsense")]
    public async Task Trusted_proxy_without_a_header_is_not_served(string bytes)
    {
        await using var server = Start(Trusting);
        var client = await server.ConnectAsync();
        await client.SendAsync(bytes);
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        client.Finish();
        await server.EmptyAsync();
        Assert.That(server.Transport.Counters.Closed(CloseReason.ProxyHeaderRefused), Is.EqualTo(1));
    }

    // Otherwise anyone could say who they are.
    [Test]
    public async Task Header_of_someone_else_is_a_malformed_request()
    {
        await using var server = Start(Trusting with { Proxies = Trusting.Proxies with { Trusted = [IPNetwork.Parse("192.0.2.0/24")] } });
        var client = await server.ConnectAsync();
        await client.SendAsync(Header + Get);
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(400));

        var direct = await server.ConnectAsync();
        await direct.SendAsync(Get);
        Assert.That((await direct.ReadReplyAsync()).Body, Is.EqualTo("127.0.0.1"));
    }

    [TestCase("")]
    [TestCase("PROXY TCP4 1")]
    public async Task Header_that_does_not_come_in_time_ends_the_connection(string bytes)
    {
        await using var server = Start(Trusting);
        var client = await server.ConnectAsync();
        await client.SendAsync(bytes);
        await server.WaitingForAsync(DeadlineKind.Handshake);
        var connection = server.Connection;
        server.Time.Advance(server.Options.HeaderTimeout + TimeSpan.FromSeconds(1));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.HandshakeTimeout));
    }

    [Test]
    public async Task Proxy_that_only_looks_whether_the_port_is_open_has_left()
    {
        await using var server = Start(Trusting);
        var client = await server.ConnectAsync();
        client.Finish();
        await Eventually.HoldsAsync(() => server.Transport.Counters.Closed(CloseReason.PeerFinished) == 1, "a peer that finished");
    }

    [Test]
    public async Task Address_of_the_header_is_the_one_that_counts_for_limits()
    {
        await using var server = Start(Trusting with { MaxConnectionsPerAddress = 1 });
        foreach (var (address, isOver) in new[] { ("1.1.1.1", false), ("2.2.2.2", false), ("1.1.1.1", true) })
        {
            var client = await server.ConnectAsync();
            await client.SendAsync($"PROXY TCP4 {address} 9.9.9.9 1 2\r\n{Get}");
            Assert.That((await client.ReadReplyAsync()).Fields.ContainsKey("Connection"), Is.EqualTo(isOver));
        }
    }

    private static TestServer Start(TransportOptions options)
    {
        var server = new TestServer(options);
        AddWho(server);
        return server;
    }

    private static void AddWho(TestServer server) => server.Application.Handlers["/who"] = exchange =>
    {
        exchange.StartReply(200);
        exchange.EndReply("text/plain"u8, System.Text.Encoding.ASCII.GetBytes(exchange.ClientAddress.ToString()));
        return ValueTask.CompletedTask;
    };
}
