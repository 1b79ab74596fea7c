using System.Text;

namespace SseServer.Tests.Endpoints;

/// <summary>Publishers that keep their connection: reuse, pipelining, and waiting for 100 (Continue).</summary>
public sealed class PublishConnectionTests
{
    [Test]
    public async Task Connection_takes_one_publish_after_the_other_of_every_kind()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        (string Type, string Body, int Status)[] publishes =
        [
            ("text/plain", "1", 201), ("application/x-ndjson", "{\"data\":2}", 201), ("text/event-stream", "data: 3\n\n", 201),
            ("application/octet-stream", "4", 201), ("application/x-ndjson", "not JSON", 400), ("text/event-stream", "data: partial", 400),
            ("text/plain;charset=latin1", "refused unread", 415), ("text/plain", "5", 201),
        ];
        foreach (var (type, body, status) in publishes)
        {
            await client.RequestAsync("POST", "/events", body, "Content-Type: " + type);
            var reply = await client.ReadReplyAsync();
            Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((status, (string?)null)), body);
        }

        Assert.That(server.Transport.ConnectionCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Pipelined_publishes_are_answered_in_order()
    {
        const int count = 200;
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events");
        var client = await server.ConnectAsync();
        var requests = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            var body = $"{i}";
            requests.Append($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\n");
            // Every third is chunked.
            if (i % 3 == 0) requests.Append($"Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n");
            else requests.Append($"Content-Length: {body.Length}\r\n\r\n{body}");
        }

        await client.SendAsync(requests.ToString());
        for (var i = 1; i <= count; i++)
            Assert.That((await client.ReadReplyAsync()).Json.GetProperty("id").GetString(), Is.EqualTo($"1763794123123-{i}"));
        for (var i = 0; i < count; i++) Assert.That((await reader.ReadBlockAsync())!.Data, Is.EqualTo($"{i}"));
    }

    [Test]
    public async Task Client_that_waits_for_100_gets_it_and_then_its_reply()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
        Assert.That((await client.ReadHeadAsync()).Status, Is.EqualTo(100));
        await client.SendAsync("x");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(201));
    }

    // RFC 9110 section 10.1.1: a server may answer with a final status instead, so that the body is never sent.
    [TestCase("/events?topic=a/*", "Content-Length: 1", 400)]
    [TestCase("/events", "Content-Length: 1000000000", 413)]
    [TestCase("/events", "Content-Length: 1\r\nContent-Encoding: gzip", 415)]
    [TestCase("/events", "Content-Length: 1\r\nOrigin: https://evil.example", 403)]
    [TestCase("/nothing", "Content-Length: 1", 404)]
    public async Task What_would_be_refused_is_refused_before_the_body_is_sent(string target, string fields, int status)
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST {target} HTTP/1.1\r\nHost: {client.Authority}\r\n{fields}\r\nExpect: 100-continue\r\n\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((status, "close")));
        Assert.That(await client.EndsAsync());
    }

    [Test]
    public async Task Refusal_reaches_a_client_that_is_still_sending()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Length: 4000000\r\n\r\n");
        var part = new byte[500_000];
        await client.SendAsync(part);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((413, "close")));
    }

    [Test]
    public async Task Publisher_that_leaves_within_its_body_publishes_nothing()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Length: 10\r\n\r\nhalf");
        client.Dispose();
        await server.HasConnectionsAsync(0);
        Assert.That(server.Hub.HistoryBytes, Is.Zero);
    }

    [Test]
    public async Task Publish_of_a_half_closed_client_is_answered()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("POST", "/events", "x");
        client.Finish();
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(201));
        Assert.That(await client.EndsAsync());
    }
}
