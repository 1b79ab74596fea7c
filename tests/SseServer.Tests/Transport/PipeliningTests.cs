using System.Text;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

[TestFixture(false)]
[TestFixture(true)]
public sealed class PipeliningTests(bool tls)
{
    [Test]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        var requests = new StringBuilder();
        for (var i = 0; i < 200; i++) requests.Append($"POST /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        await client.SendAsync(requests.ToString());
        for (var i = 0; i < 200; i++) Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo($"/{i}:body"));
    }

    [Test]
    public async Task Replies_to_pipelined_requests_leave_together()
    {
        await using var server = new TestServer(tls);
        var unsent = -1L;
        server.Application.Handlers["/second"] = exchange =>
        {
            unsent = exchange.Connection.Output.UnflushedBytes;
            exchange.StartReply(200);
            exchange.EndReply("text/plain"u8, "2"u8);
            return ValueTask.CompletedTask;
        };
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadReplyAsync();
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("2"));
        Assert.That(unsent, Is.GreaterThan(0));
    }

    [Test]
    public async Task Reply_leaves_before_the_rest_of_the_next_request_is_waited_for()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\nPOST /second HTTP/1.1\r\nHost");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/first:"));
        await client.SendAsync(": a\r\nContent-Length: 1\r\n\r\n");
        await client.SendAsync("x");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/second:x"));
    }

    // RFC 9112 section 9.6: a server that says close must not answer further requests.
    [Test]
    public async Task Nothing_is_answered_after_close()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:"));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Requests_split_at_every_byte_are_understood()
    {
        const string Requests = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            + "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ndef";
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        for (var split = 1; split < Requests.Length; split++)
        {
            await client.SendAsync(Requests[..split]);
            await client.SendAsync(Requests[split..]);
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:abc"), $"split at {split}");
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/b:def"), $"split at {split}");
        }

        foreach (var single in Requests) await client.SendAsync(single.ToString());
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:abc"));
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/b:def"));
    }

    // Replies that are not read fill the kernel's buffers; then the server stops reading requests, too.
    [Test]
    public async Task Client_that_asks_and_never_reads_is_cut_off()
    {
        await using var server = new TestServer(tls);
        var body = new byte[100_000];
        server.Application.Handlers["/large"] = exchange =>
        {
            exchange.StartReply(200);
            exchange.EndReply("text/plain"u8, body);
            return ValueTask.CompletedTask;
        };
        var client = await server.ConnectAsync(receiveBuffer: 64 * 1024);
        for (var i = 0; i < 200; i++) await client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await Eventually.HoldsAsync(() => server.Connection.Output.IsPending, "a pending send");
        var connection = server.Connection;
        await server.AdvanceUntilEmptyAsync(server.Options.StalledWriteTimeout + TimeSpan.FromSeconds(1));
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.StalledReader));
    }
}
