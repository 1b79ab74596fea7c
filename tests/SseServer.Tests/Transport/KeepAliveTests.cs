using SseServer.Transport;

namespace SseServer.Tests.Transport;

[TestFixture(false)]
[TestFixture(true)]
public sealed class KeepAliveTests(bool tls)
{
    [Test]
    public async Task A_connection_serves_one_request_after_the_other()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        foreach (var path in new[] { "/a", "/b", "/c" })
        {
            await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            var reply = await client.ReadReplyAsync();
            Assert.That((reply.Status, reply.Body), Is.EqualTo((200, path + ":")));
        }

        Assert.That(server.Transport.ConnectionCount, Is.EqualTo(1));
    }

    // RFC 9112 section 9.3: close if "close" is given; HTTP/1.1 persists; HTTP/1.0 persists with keep-alive; otherwise close.
    [TestCase("HTTP/1.1", "", null)]
    [TestCase("HTTP/1.1", "Connection: close\r\n", "close")]
    [TestCase("HTTP/1.0", "", "close")]
    [TestCase("HTTP/1.0", "Connection: keep-alive\r\n", "keep-alive")]
    public async Task Reply_says_whether_the_connection_stays(string version, string field, string? connection)
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync($"GET /a {version}\r\nHost: a\r\n{field}\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.That(reply.Fields.GetValueOrDefault("Connection"), Is.EqualTo(connection));
        if (connection == "close")
        {
            Assert.That(await client.ReadToEndAsync(), Is.Empty);
            return;
        }

        await client.SendAsync("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/b:"));
    }

    [Test]
    public async Task Date_is_the_time_of_the_reply()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        var first = await client.ReadReplyAsync();
        server.Time.Advance(TimeSpan.FromSeconds(2));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        var second = await client.ReadReplyAsync();
        Assert.That(first.Fields["Date"], Is.EqualTo("Sat, 22 Nov 2025 06:48:43 GMT"));
        Assert.That(second.Fields["Date"], Is.EqualTo("Sat, 22 Nov 2025 06:48:45 GMT"));
    }

    // RFC 9110 section 9.3.2: HEAD is like GET, without the content. Section 8.6: no Content-Length with 204.
    [Test]
    public async Task Head_and_204_have_no_body()
    {
        await using var server = new TestServer(tls);
        server.Application.Handlers["/nothing"] = exchange =>
        {
            exchange.StartReply(204);
            exchange.EndReply();
            return ValueTask.CompletedTask;
        };
        var client = await server.ConnectAsync();
        foreach (var request in new[] { "HEAD /a", "GET /nothing", "GET /b" })
            await client.SendAsync($"{request} HTTP/1.1\r\nHost: a\r\n\r\n");
        var head = await client.ReadReplyAsync(head: true);
        var nothing = await client.ReadReplyAsync();
        var last = await client.ReadReplyAsync();
        Assert.That(head.Fields["Content-Length"], Is.EqualTo("3"));
        Assert.That((nothing.Status, nothing.Fields.ContainsKey("Content-Length")), Is.EqualTo((204, false)));
        Assert.That(last.Body, Is.EqualTo("/b:"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Connection_without_a_request_closes_silently_when_its_time_is_over(bool afterRequest)
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        if (afterRequest)
        {
            await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadReplyAsync();
        }

        await server.WaitingForAsync(DeadlineKind.Request);
        var connection = server.Connection;
        server.Time.Advance(server.Options.KeepAliveTimeout - TimeSpan.FromSeconds(2));
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.None));
        server.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.KeepAliveTimeout));
    }

    [Test]
    public async Task Client_that_leaves_between_requests_is_forgotten()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadReplyAsync();
        var connection = server.Connection;
        client.Dispose();
        await server.EmptyAsync();
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.PeerFinished));
    }
}
