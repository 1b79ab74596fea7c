using SseServer.Endpoints;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Endpoints;

/// <summary>text/event-stream as a body: each event is published as its block ends, for as long as the body lasts.</summary>
public sealed class PublishStreamTests
{
    [Test]
    public async Task Event_is_published_when_its_block_ends_while_the_body_continues()
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events/a");
        var publisher = await OpenAsync(server, "/events/a");
        await publisher.SendChunkAsync("event: tick\nid: own\nretry: 1\nda");
        await publisher.SendChunkAsync("ta: 1\r\n\r\ndata: 2\ndata: two\n");
        Assert.That((await reader.ReadBlockAsync())!.Text, Is.EqualTo("id: own\nevent: tick\nretry: 1000\ndata: 1"));
        Assert.That((await reader.ReadBlockAsync())!.Text, Is.EqualTo("id: 1763794123123-1"));
        await publisher.SendChunkAsync("\n");
        Assert.That((await reader.ReadBlockAsync())!.Text, Is.EqualTo("id: 1763794123123-2\ndata: 2\ndata: two"));
        await publisher.SendChunkAsync("");
        var reply = await publisher.ReadReplyAsync();
        Assert.That((reply.Status, reply.Body), Is.EqualTo((201,
            """{"first":"1763794123123-1","last":"1763794123123-2","count":2}""" + "\n")));
    }

    [TestCase("", """{"count":0}""", 200)]
    [TestCase(":comment\n\n", """{"count":0}""", 200)]
    [TestCase("event: without data\nid: 1\n\n", """{"count":0}""", 200)]
    [TestCase("data\n\n", """{"first":"1763794123123-1","last":"1763794123123-1","count":1}""", 201)]
    [TestCase("\uFEFFdata: x\n\n", """{"first":"1763794123123-1","last":"1763794123123-1","count":1}""", 201)]
    [TestCase("data: x\r\rdata: y\r\r", """{"first":"1763794123123-1","last":"1763794123123-2","count":2}""", 201)]
    [TestCase("id: a\ndata: x\n\nid: a\ndata: x\n\n", """{"first":"1763794123123-1","last":"1763794123123-1","count":2,"repeated":1}""",
        201)]
    public async Task Reply_reports_what_was_published(string body, string reply, int status)
    {
        await using var server = new ServerUnderTest();
        var answer = await server.SendAsync("POST", "/events", body, "Content-Type: text/event-stream");
        Assert.That((answer.Status, answer.Body), Is.EqualTo((status, reply + "\n")));
    }

    [TestCase("data: partial", "ends in the middle of an event", 400)]
    [TestCase("data: partial\n", "ends in the middle of an event", 400)]
    [TestCase("event: gap\ndata: x\n\n", "reserved for the server", 400)]
    [TestCase("id: 1-1\ndata: x\n\n", "reserved for the server", 400)]
    [TestCase("id: a\u0085\ndata: x\n\n", "event id", 400)]
    [TestCase("event: a\0b\ndata: x\n\n", "event name", 400)]
    [TestCase("data: ÿþ\n\n", "not valid UTF-8", 400)]
    [TestCase("data: 0123456789012345678901234567890123456789012345678901234567890123456789\n\n", "longer than 64 bytes", 413)]
    public async Task Error_midway_names_the_last_published_event(string bad, string sentence, int status)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { MaxEventBytes = 64 });
        var reader = await server.SubscribeAsync("/events");
        var publisher = await server.ConnectAsync();
        // ÿþ is sent as two bytes that are not UTF-8; the other cases are UTF-8.
        var encoding = bad.Contains('ÿ') ? System.Text.Encoding.Latin1 : System.Text.Encoding.UTF8;
        await publisher.RequestAsync("POST", "/events", encoding.GetBytes("data: good\n\n" + bad), "Content-Type: text/event-stream");
        var reply = await publisher.ReadReplyAsync();
        Assert.That(reply.Status, Is.EqualTo(status));
        Assert.That(reply.Problem, Does.Contain(sentence));
        Assert.That(reply.Json.GetProperty("lastId").GetString(), Is.EqualTo("1763794123123-1"));
        Assert.That((await reader.ReadBlockAsync())!.Data, Is.EqualTo("good"));
    }

    [Test]
    public async Task Error_before_any_event_names_none()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", "event: gap\ndata: x\n\n", "Content-Type: text/event-stream");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Json.TryGetProperty("lastId", out _), Is.False);
    }

    [Test]
    public async Task Body_may_be_longer_than_any_bound_on_a_body()
    {
        await using var server = new ServerUnderTest(
            EndpointOptions.Default with { MaxEventBytes = 64, MaxBatchBytes = 64 }, transport: new TransportOptions { MaxBodyBytes = 64 });
        var body = string.Concat(Enumerable.Repeat("data: 0123456789\n\n", 5_000));
        var reply = await server.SendAsync("POST", "/events", body, "Content-Type: text/event-stream");
        Assert.That((reply.Status, reply.Json.GetProperty("count").GetInt32()), Is.EqualTo((201, 5_000)));
    }

    [Test]
    public async Task Comment_of_any_length_is_passed_over()
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { MaxEventBytes = 64 });
        var reply = await server.SendAsync("POST", "/events", ":" + new string('x', 100_000) + "\ndata: x\n\n",
            "Content-Type: text/event-stream");
        Assert.That(reply.Status, Is.EqualTo(201));
    }

    [Test]
    public async Task Silent_publisher_is_told_the_last_published_event()
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events");
        var publisher = await OpenAsync(server, "/events");
        await publisher.SendChunkAsync("data: 1\n\n");
        await reader.ReadBlockAsync();
        await WaitingForBodyAsync(server);
        server.Time.Advance(new TransportOptions().BodyIdleTimeout + TimeSpan.FromSeconds(1));
        var reply = await publisher.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((408, "close")));
        Assert.That(reply.Problem, Is.Not.Empty);
        Assert.That(reply.Json.GetProperty("lastId").GetString(), Is.EqualTo("1763794123123-1"));
    }

    [Test]
    public async Task Publisher_that_sends_a_comment_in_time_is_not_silent()
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events");
        var publisher = await OpenAsync(server, "/events");
        for (var i = 0; i < 4; i++)
        {
            await publisher.SendChunkAsync($"data: {i}\n\n");
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo($"{i}"));
            await WaitingForBodyAsync(server);
            server.Time.Advance(new TransportOptions().BodyIdleTimeout - TimeSpan.FromSeconds(3));
        }

        await publisher.SendChunkAsync("");
        Assert.That((await publisher.ReadReplyAsync()).Json.GetProperty("count").GetInt32(), Is.EqualTo(4));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Events_sent_before_the_publisher_vanished_are_published(bool reset)
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events");
        var publisher = await OpenAsync(server, "/events");
        await publisher.SendChunkAsync("data: 1\n\ndata: cut");
        Assert.That((await reader.ReadBlockAsync())!.Data, Is.EqualTo("1"));
        if (reset) publisher.Reset();
        else publisher.Dispose();
        await server.HasConnectionsAsync(1);
        await server.PublishAsync("/events", "next");
        Assert.That((await reader.ReadBlockAsync())!.Data, Is.EqualTo("next"));
    }

    [Test]
    public async Task Publisher_in_the_middle_of_its_stream_is_sent_away_when_the_server_stops()
    {
        await using var server = new ServerUnderTest();
        var publisher = await OpenAsync(server, "/events");
        await publisher.SendChunkAsync("data: 1\n\n");
        await Eventually.HoldsAsync(() => server.Hub.TopicCount == 1, "a topic");
        server.Application.BeginDrain();
        await publisher.SendChunkAsync("data: 2\n\n");
        var reply = await publisher.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((503, "close")));
        Assert.That(reply.Problem, Does.Contain("shutting down"));
        Assert.That(reply.Json.GetProperty("lastId").GetString(), Is.EqualTo(server.Hub.Head.ToString()));
        Assert.That(int.Parse(reply["Retry-After"]!), Is.Positive);
    }

    private static async Task<WireClient> OpenAsync(ServerUnderTest server, string target)
    {
        var client = await server.ConnectAsync();
        await client.SendAsync(
            $"POST {target} HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        return client;
    }

    private static Task WaitingForBodyAsync(ServerUnderTest server) => Eventually.HoldsAsync(
        () => server.Transport.Connections.ToArray().Any(connection => connection is { Waiting: DeadlineKind.Body }), "a wait for a body");
}
