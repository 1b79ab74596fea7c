using SseServer.Protocol.Http;
using SseServer.Tests.Transport;
using SseServer.Transport;

namespace SseServer.Tests.Conformance;

/// <summary>RFC 9112 section 9 and RFC 9110 sections 7.8, 9.3 and 10.1.1: persistence, HEAD, expectations, upgrades.</summary>
public sealed class ConnectionTests
{
    private const string Close = "RFC 9112 9.6: after a request with close a server must not process further requests";
    private const string Persistence = "RFC 9112 9.3: HTTP/1.1 persists; HTTP/1.0 with keep-alive persists; close ends it; otherwise close";
    private const string Expectation = "RFC 9110 10.1.1: a server may answer 417 to an expectation other than 100-continue";
    private const string OldExpectation = "RFC 9110 10.1.1: a server must ignore a 100-continue expectation in an HTTP/1.0 request";
    private const string Needless = "RFC 9110 10.1.1: a server may omit 100 where content has begun to arrive, or there is none";
    private const string Upgrade = "RFC 9110 7.8: a server may ignore a received Upgrade header field";

    [TestCase("close")]
    [TestCase("CLOSE")]
    [TestCase("keep-alive, close")]
    [TestCase("close, keep-alive")]
    [TestCase(",, x ,\tclose ,")]
    [TestCase("upgrade\r\nConnection: close")]
    public Task Close_ends_the_connection_before_requests_behind_it(string option) =>
        Conversation.ServesLastAsync(Close, $"POST / HTTP/1.1\r\nHost: a\r\nConnection: {option}\r\nContent-Length: 5\r\n\r\nhello",
            "hello");

    [TestCase("")]
    [TestCase("Connection: close\r\n")]
    [TestCase("Connection: keep-alive, close\r\n")]
    [TestCase("Keep-Alive: 300\r\n")]
    public Task Http_1_0_ends_the_connection(string line) =>
        Conversation.ServesLastAsync(Persistence, $"POST / HTTP/1.0\r\n{line}Content-Length: 5\r\n\r\nhello", "hello");

    [TestCase("HTTP/1.1", "")]
    [TestCase("HTTP/1.1", "Connection: Keep-Alive\r\n")]
    [TestCase("HTTP/1.1", "Connection: closed\r\n")]
    [TestCase("HTTP/1.1", "Connection: \"close\"\r\n")]
    [TestCase("HTTP/1.1", "Proxy-Connection: close\r\n")]
    [TestCase("HTTP/1.0", "Connection: keep-alive\r\n")]
    [TestCase("HTTP/1.0", "Connection: x, Keep-Alive\r\n")]
    public async Task Connection_persists(string version, string line)
    {
        var reply = await Conversation.ServesAsync(
            Persistence, $"POST / {version}\r\nHost: a\r\n{line}Content-Length: 5\r\n\r\nhello", "hello");
        Assert.That(reply.Fields.GetValueOrDefault("Connection"), Is.EqualTo(version == "HTTP/1.0" ? "keep-alive" : null));
    }

    // RFC 9110 section 9.3.2: the same as GET without the content, and the same fields if they can be known.
    [TestCase("/")]
    [TestCase("/echo")]
    [TestCase("/cookie")]
    public async Task Head_has_the_fields_of_get_and_no_body(string path)
    {
        var end = $" {path} HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\n\r\n";
        var head = await Conversation.AskAsync("HEAD" + end + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", isHead: true);
        var get = await Conversation.AskAsync("GET" + end + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(head[0].Fields, Is.EqualTo(get[0].Fields));
        Assert.That(head.Select(reply => reply.Body), Is.EqualTo(new[] { "", "OK\n" }));
    }

    [Test]
    public async Task Refused_head_has_no_body_either()
    {
        var replies = await Conversation.AskAsync("HEAD / HTTP/1.1\r\nHost: a\r\nName : a\r\n\r\n", isHead: true);
        Assert.That(replies.Select(reply => (reply.Status, reply.Fields["Connection"])), Is.EqualTo(new[] { (400, "close") }));
    }

    [TestCase("tea")]
    [TestCase("100-continue, tea")]
    [TestCase("200-ok")]
    [TestCase("100")]
    [TestCase("\"100-continue\"")]
    public Task Other_expectations_are_417(string value) => Conversation.RefusesAsync(
        Expectation, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: {value}\r\n\r\nhello", 417);

    [TestCase("100-continue")]
    [TestCase("100-Continue")]
    [TestCase(",100-continue,")]
    public Task Content_that_is_there_gets_no_100(string value) => Conversation.ServesAsync(
        Needless, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: {value}\r\n\r\nhello", "hello");

    [Test]
    public Task Request_without_content_gets_no_100() =>
        Conversation.ServesAsync(Needless, "GET /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
            "Host: a\nExpect: 100-continue\n");

    [TestCase("100-continue")]
    [TestCase("tea")]
    public async Task Http_1_0_gets_no_100_and_no_417(string value)
    {
        await using var server = new TestServer(application: new ConformanceHost.ConformanceApplication());
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: {value}\r\n\r\n");
        await server.WaitingForAsync(DeadlineKind.Body);
        await client.SendAsync("hello");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("hello"), OldExpectation);
    }

    [TestCase("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")]
    [TestCase("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__")]
    [TestCase("Connection: upgrade\r\nUpgrade: TLS/1.0, HTTP/2.0")]
    [TestCase("Upgrade: websocket")]
    public async Task Upgrades_are_ignored(string lines)
    {
        foreach (var method in new[] { "GET", "POST" })
        {
            await Conversation.ServesAsync(
                Upgrade, $"{method} /echo HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n", $"Host: a\n{lines.ReplaceLineEndings("\n")}\n");
        }
    }

    // RFC 9112 section 6.3: "the recipient MUST consider the message to be incomplete and close the connection".
    [TestCase("Content-Length: 5\r\n\r\n")]
    [TestCase("Content-Length: 5\r\n\r\nhell")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n5\r\nhell")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nName: a\r\n")]
    [TestCase("Content-Length: 5\r\n")]
    public async Task Request_cut_by_a_fin_is_not_served(string end) =>
        Assert.That(await Conversation.AskAndFinishAsync("POST / HTTP/1.1\r\nHost: a\r\n" + end), Is.Empty);

    // RFC 9112 section 9.5: a server that waits too long for a request closes; 408 says why (RFC 9110 section 15.5.9).
    [TestCase("POST / HTTP/1.1\r\nHost: a\r\n", DeadlineKind.Head)]
    [TestCase("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell", DeadlineKind.Body)]
    [TestCase("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", DeadlineKind.Body)]
    public async Task Request_that_never_ends_is_408(string start, object waiting)
    {
        await using var server = new TestServer(new TransportOptions { MinBodyRate = 0 }, new ConformanceHost.ConformanceApplication());
        var client = await server.ConnectAsync();
        await client.SendAsync(start);
        await server.WaitingForAsync((DeadlineKind)waiting);
        server.Time.Advance(server.Options.BodyIdleTimeout + TimeSpan.FromSeconds(1));
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Fields["Connection"]), Is.EqualTo((408, "close")));
        Assert.That(reply.Body,
            Does.StartWith(nameof(RequestRejection.RequestTimeout)).Or.StartsWith(nameof(RequestRejection.BodyTimeout)));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }
}
