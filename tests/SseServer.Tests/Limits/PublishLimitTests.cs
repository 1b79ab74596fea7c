using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Limits;

/// <summary>The publish rate over real connections: 429 with the time to wait, and slower reading of streams.</summary>
public sealed class PublishLimitTests
{
    private const string Line = """{"data":"x"}""" + "\n";

    [Test]
    public async Task Publisher_above_its_rate_is_told_when_to_retry()
    {
        await using var server = Server(rate: 1, burst: 2);
        var client = await server.ConnectAsync();
        for (var i = 0; i < 2; i++) Assert.That((await PostAsync(client, "x")).Status, Is.EqualTo(201));

        var refused = await PostAsync(client, "x");
        Assert.That(refused.Status, Is.EqualTo(429));
        Assert.That(refused.Problem, Does.Contain("1 events per second"));
        var wait = int.Parse(refused["Retry-After"]!);
        Assert.That(wait, Is.InRange(1, 2));
        Assert.That(await server.RefusalsAsync("publish_rate"), Is.EqualTo(1));

        server.Time.Advance(TimeSpan.FromSeconds(wait));
        Assert.That((await PostAsync(client, "x")).Status, Is.EqualTo(201), "after Retry-After");
        Assert.That(await server.MetricAsync("sse_events_published_total"), Is.EqualTo(3), "what was refused is not published");
    }

    [Test]
    public async Task Batch_above_the_burst_passes_once_and_leaves_debt()
    {
        await using var server = Server(rate: 1, burst: 2);
        var client = await server.ConnectAsync();
        var batch = string.Concat(Enumerable.Repeat(Line, 12));
        Assert.That((await PostAsync(client, batch, "application/x-ndjson")).Status, Is.EqualTo(201));
        var refused = await PostAsync(client, batch, "application/x-ndjson");
        Assert.That(refused.Status, Is.EqualTo(429));
        Assert.That(int.Parse(refused["Retry-After"]!), Is.InRange(12, 20));

        server.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That((await PostAsync(client, "x")).Status, Is.EqualTo(429), "the debt is paid but nothing gained yet");
        server.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await PostAsync(client, "x")).Status, Is.EqualTo(201));
    }

    // draft-ietf-httpapi-ratelimit-headers-10.
    [Test]
    public async Task Answers_say_what_is_left_of_the_rate()
    {
        await using var server = Server(rate: 2, burst: 5);
        var client = await server.ConnectAsync();
        var replies = new List<WireReply>();
        for (var i = 0; i < 6; i++) replies.Add(await PostAsync(client, "x"));
        Assert.That(replies.Select(reply => (reply.Status, reply["RateLimit"])), Is.EqualTo(new[]
        {
            (201, "\"publish\";r=4;t=1"), (201, "\"publish\";r=3;t=1"), (201, "\"publish\";r=2;t=2"), (201, "\"publish\";r=1;t=2"),
            (201, "\"publish\";r=0;t=3"), (429, "\"publish\";r=0;t=3"),
        }));
        Assert.That(replies.Select(reply => reply["RateLimit-Policy"]), Is.All.EqualTo("\"publish\";q=5;w=3"));

        server.Time.Advance(TimeSpan.FromSeconds(10));
        var batch = await PostAsync(client, Line + Line, "application/x-ndjson");
        Assert.That(batch["RateLimit"], Is.EqualTo("\"publish\";r=3;t=1"));
        var stream = await PostAsync(client, "data: 1\n\ndata: 2\n\n", "text/event-stream");
        Assert.That(stream["RateLimit"], Is.EqualTo("\"publish\";r=1;t=2"));
    }

    [Test]
    public async Task Short_streams_of_events_are_paid_for()
    {
        await using var server = Server(rate: 1, burst: 2);
        var client = await server.ConnectAsync();
        Assert.That((await PostAsync(client, "data: 1\n\ndata: 2\n\n", "text/event-stream")).Status, Is.EqualTo(201));
        Assert.That((await PostAsync(client, "x")).Status, Is.EqualTo(429));
    }

    [Test]
    public async Task Answers_say_nothing_of_a_rate_that_is_not_bounded()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", "x");
        Assert.That((reply["RateLimit"], reply["RateLimit-Policy"]), Is.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public async Task Refused_body_is_not_waited_for()
    {
        await using var server = Server(rate: 1, burst: 1);
        var client = await server.ConnectAsync();
        await PostAsync(client, "x");
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Length: 1000000\r\n\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((429, "close")));
    }

    [Test]
    public async Task Stream_of_events_above_the_rate_is_read_more_slowly()
    {
        await using var server = Server(rate: 10, burst: 10);
        var reader = await server.SubscribeAsync("/events");
        var publisher = await OpenStreamAsync(server);
        var timers = server.Time.TimerCount;
        await publisher.SendChunkAsync(string.Concat(Enumerable.Repeat("data: 1\n\n", 15)));
        for (var i = 0; i < 15; i++) Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("1"));
        await Eventually.HoldsAsync(() => server.Time.TimerCount == timers + 1, "a pause");

        // The publisher's connection is not read until the timer of the pause has run.
        await publisher.SendChunkAsync("data: 2\n\n");
        server.Time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.That(server.Time.TimerCount, Is.EqualTo(timers + 1), "half a second's worth is owed");
        Assert.That(await server.MetricAsync("sse_events_published_total"), Is.EqualTo(15));
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("2"));

        await Eventually.HoldsAsync(() => server.Time.TimerCount == timers + 1, "the next pause");
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await publisher.SendChunkAsync("");
        Assert.That((await publisher.ReadReplyAsync()).Json.GetProperty("count").GetInt32(), Is.EqualTo(16));
        Assert.That(await server.RefusalsAsync("publish_rate"), Is.Zero);
    }

    [Test]
    public async Task Pause_of_a_stream_of_events_ends_when_the_server_stops()
    {
        await using var server = Server(rate: 1, burst: 1);
        var timers = server.Time.TimerCount;
        var publisher = await OpenStreamAsync(server);
        await publisher.SendChunkAsync("data: 1\n\ndata: 2\n\n");
        await Eventually.HoldsAsync(() => server.Time.TimerCount == timers + 1, "a pause");
        server.Application.BeginDrain();
        var reply = await publisher.ReadReplyAsync();
        Assert.That(reply.Status, Is.EqualTo(503));
        Assert.That(reply.Json.GetProperty("lastId").GetString(), Is.EqualTo(server.Hub.Head.ToString()));
    }

    [TestCase("text/plain", "0123456789", "event_bytes")]
    [TestCase("application/x-ndjson", """{"data":"0123456789"}""", "event_bytes")]
    [TestCase("application/x-ndjson", """{"data":"0"}{"data":"0"}{"data":"0"}""", "batch_bytes")]
    [TestCase("text/event-stream", "data: 0123456789\n\n", "event_bytes")]
    public async Task Body_above_its_bound_is_counted(string type, string body, string label)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { MaxEventBytes = 9, MaxBatchBytes = 30 });
        Assert.That((await server.SendAsync("POST", "/events", body, $"Content-Type: {type}")).Status, Is.EqualTo(413));
        Assert.That(await server.RefusalsAsync(label), Is.EqualTo(1));
    }

    private static ServerUnderTest Server(int rate, int burst)
        => new(EndpointOptions.Default with { Limits = new LimitOptions { PublishRate = rate, PublishBurst = burst } },
            HubOptions.Default with { Shards = 1 });

    private static async Task<WireReply> PostAsync(WireClient client, string body, string type = "text/plain")
    {
        await client.RequestAsync("POST", "/events", body, $"Content-Type: {type}");
        return await client.ReadReplyAsync();
    }

    private static async Task<WireClient> OpenStreamAsync(ServerUnderTest server)
    {
        var client = await server.ConnectAsync();
        await client.SendAsync(
            $"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        return client;
    }
}
