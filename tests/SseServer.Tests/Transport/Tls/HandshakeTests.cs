using System.Net.Security;
using System.Security.Authentication;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport.Tls;

public sealed class HandshakeTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task Versions_1_2_and_1_3_are_spoken(SslProtocols version)
    {
        await using var server = new TestServer(tls: true);
        using var client = await TlsClient.ConnectAsync(server.EndPoint, version);
        Assert.That(client.Tls.SslProtocol, Is.EqualTo(version));
        Assert.That(await client.GetHeadAsync("/a"), Does.StartWith("HTTP/1.1 200 OK\r\n"));
        Assert.That(server.Transport.Counters.Handshakes, Is.EqualTo(1));
    }

    // RFC 7301 section 3.2: if none of the client's protocols is supported, the handshake ends with no_application_protocol.
    [Test]
    public async Task Client_that_speaks_HTTP_2_only_is_refused_in_the_handshake()
    {
        await using var server = new TestServer(tls: true);
        Assert.That(
            async () => await TlsClient.ConnectAsync(server.EndPoint, SslProtocols.Tls12, SslApplicationProtocol.Http2),
            Throws.InstanceOf<AuthenticationException>());
        await server.EmptyAsync();
        Assert.That(server.Transport.Counters.Closed(CloseReason.TlsRefused), Is.EqualTo(1));
    }

    [Test]
    public async Task Client_that_also_speaks_HTTP_1_1_gets_that()
    {
        await using var server = new TestServer(tls: true);
        using var client = await TlsClient.ConnectAsync(
            server.EndPoint, SslProtocols.None, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11);
        Assert.That(client.Tls.NegotiatedApplicationProtocol, Is.EqualTo(SslApplicationProtocol.Http11));
    }

    [Test]
    public async Task Plain_request_to_a_TLS_port_is_told_so_in_plain()
    {
        await using var server = new TestServer(tls: true);
        using var client = await TestClient.ConnectAsync(server.EndPoint, 0);
        await client.SendAsync(Get);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Body, reply.Fields["Connection"]), Is.EqualTo((400, "PlainTextToTls", "close")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [TestCase("160301000568656c6c6f")]
    [TestCase("160301ffff68656c6c6f")]
    [TestCase("00000000000000")]
    [TestCase("17030300001703030000")]
    [TestCase("16030100001603010000")]
    [TestCase("1603010001011603010000")]
    [TestCase("802e0100020015000000100102030405060708")]
    public async Task Bytes_that_are_no_handshake_end_the_connection_and_nothing_else(string bytes)
    {
        await using var server = new TestServer(tls: true);
        using var client = await TestClient.ConnectAsync(server.EndPoint, 0);
        await client.SendAsync(Convert.FromHexString(bytes));
        client.Finish();
        // A server without connections may not have accepted this one yet.
        await Eventually.HoldsAsync(() => server.Transport.Counters.Closed(CloseReason.TlsRefused) == 1, "it was refused");
        await server.EmptyAsync();
    }

    [TestCase("")]
    [TestCase("1603010100")]
    public async Task Handshake_that_is_not_over_in_time_ends_the_connection(string bytes)
    {
        await using var server = new TestServer(tls: true);
        using var client = await TestClient.ConnectAsync(server.EndPoint, 0);
        await client.SendAsync(Convert.FromHexString(bytes));
        await server.WaitingForAsync(DeadlineKind.Handshake);
        var connection = server.Connection;
        server.Time.Advance(server.Options.Tls!.HandshakeTimeout - TimeSpan.FromSeconds(2));
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.None));
        server.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        client.Finish();
        await server.EmptyAsync();
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.HandshakeTimeout));
    }

    [Test]
    public async Task Drain_closes_connections_without_a_handshake_at_once()
    {
        await using var server = new TestServer(tls: true);
        using var silent = await TestClient.ConnectAsync(server.EndPoint, 0);
        await server.WaitingForAsync(DeadlineKind.Handshake);
        var drain = server.Transport.DrainAsync(TimeSpan.FromSeconds(5));
        Assert.That(await silent.ReadToEndAsync(), Is.Empty);
        silent.Dispose();
        await drain.Soon();
    }

    [Test]
    public async Task Scan_of_the_port_is_a_peer_that_left()
    {
        await using var server = new TestServer(tls: true);
        using var client = await TestClient.ConnectAsync(server.EndPoint, 0);
        client.Finish();
        await Eventually.HoldsAsync(() => server.Transport.Counters.Closed(CloseReason.PeerFinished) == 1, "a peer that finished");
    }
}
