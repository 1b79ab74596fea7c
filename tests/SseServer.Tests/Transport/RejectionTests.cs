using SseServer.Transport;

namespace SseServer.Tests.Transport;

[TestFixture(false)]
[TestFixture(true)]
public sealed class RejectionTests(bool tls)
{
    [Test]
    public async Task What_is_no_request_is_refused_and_the_connection_closes()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\nHost: a\n\n" + new string('x', 100_000));
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Body, reply.Fields["Connection"]), Is.EqualTo((400, "BareLineFeed", "close")));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Earlier_replies_come_before_the_refusal()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:"));
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task Head_that_does_not_end_in_time_is_408()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHo");
        await server.WaitingForAsync(DeadlineKind.Head);
        var connection = server.Connection;
        server.Time.Advance(server.Options.HeaderTimeout - TimeSpan.FromSeconds(2));
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.None));
        server.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(408));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.HeaderTimeout));
    }

    [Test]
    public async Task Bytes_of_a_head_do_not_prolong_its_time()
    {
        await using var server = new TestServer(tls, new TransportOptions { KeepAliveTimeout = TimeSpan.FromDays(1) });
        var client = await server.ConnectAsync();
        await client.SendAsync("G");
        await server.WaitingForAsync(DeadlineKind.Head);
        for (var second = 0; second < 16; second++)
        {
            await client.SendAsync("E");
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(408));
    }

    [TestCase("/throws", 500)]
    [TestCase("/silent", 500)]
    [TestCase("/half", 0)]
    public async Task Mistake_of_the_application_is_logged_and_ends_the_connection(string path, int status)
    {
        await using var server = new TestServer(tls) { ExpectedErrors = 1 };
        server.Application.Handlers["/throws"] = _ => throw new NotSupportedException("planned");
        server.Application.Handlers["/silent"] = _ => ValueTask.CompletedTask;
        server.Application.Handlers["/half"] = exchange =>
        {
            exchange.StartReply(200);
            throw new NotSupportedException("planned");
        };
        var client = await server.ConnectAsync();
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        if (status == 0)
        {
            await server.EmptyAsync();
        }
        else
        {
            var reply = await client.ReadReplyAsync();
            Assert.That((reply.Status, reply.Fields["Connection"]), Is.EqualTo((status, "close")));
            Assert.That(await client.ReadToEndAsync(), Is.Empty);
        }
    }
}
