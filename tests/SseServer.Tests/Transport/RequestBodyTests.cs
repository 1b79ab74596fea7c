using SseServer.Transport;

namespace SseServer.Tests.Transport;

[TestFixture(false)]
[TestFixture(true)]
public sealed class RequestBodyTests(bool tls)
{
    private static readonly TransportOptions SmallBodies = new() { MaxBodyBytes = 10, DrainBodyBytes = 100 };

    // RFC 9110 section 10.1.1.
    [Test]
    public async Task Client_that_expects_100_gets_it_once_the_body_is_wanted()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        Assert.That(await client.ReadHeadAsync(), Is.EqualTo("HTTP/1.1 100 Continue\r\n\r\n"));
        await client.SendAsync("body");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:body"));
    }

    // "A server MAY omit sending a 100 (Continue) response if it has already received some or all of the content."
    [Test]
    public async Task No_100_is_sent_when_the_body_has_begun_to_arrive()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:body"));
    }

    [Test]
    public async Task Client_that_expects_100_and_is_refused_need_not_send_its_body()
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Fields["Connection"]), Is.EqualTo((413, "close")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Client_sees_413_while_it_still_sends()
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
        await client.SendAsync(new byte[900_000]);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Fields["Connection"]), Is.EqualTo((413, "close")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Chunked_body_above_the_bound_is_413()
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nghijk\r\n");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(413));
    }

    [Test]
    public async Task Chunked_body_of_exactly_the_bound_is_taken()
    {
        await using var server = new TestServer(tls, SmallBodies);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n4\r\nghij\r\n0\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:abcdefghij"));
    }

    [Test]
    public async Task Broken_chunk_framing_is_refused_and_ends_the_connection()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Body), Is.EqualTo((400, "InvalidChunkSize")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Body_that_stops_arriving_is_408()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
        await server.WaitingForAsync(DeadlineKind.Body);
        var connection = server.Connection;
        server.Time.Advance(server.Options.BodyIdleTimeout + TimeSpan.FromSeconds(1));
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(408));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.BodyTimeout));
    }

    [Test]
    public async Task Peer_that_leaves_midway_gets_no_reply()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
        client.Finish();
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    // A FIN says that nothing more is sent, not that nothing is read.
    [Test]
    public async Task Peer_that_finishes_after_its_request_gets_its_reply()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        client.Finish();
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:body"));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [TestCase(100, null)]
    [TestCase(101, "close")]
    public async Task Short_unread_body_is_skipped_and_a_long_one_ends_the_connection(int length, string? connection)
    {
        await using var server = new TestServer(tls, SmallBodies);
        server.Application.Handlers["/ignores"] = exchange =>
        {
            exchange.StartReply(404);
            exchange.EndReply();
            return ValueTask.CompletedTask;
        };
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /ignores HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Fields.GetValueOrDefault("Connection")), Is.EqualTo((404, connection)));
        await client.SendAsync(new byte[length]);
        if (connection is null)
        {
            await client.SendAsync("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/b:"));
        }
        else
        {
            Assert.That(await client.ReadToEndAsync(), Is.Empty);
        }
    }
}
