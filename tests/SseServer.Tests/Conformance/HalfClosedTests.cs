using SseServer.Catalog;
using SseServer.Tests.Endpoints;
using SseServer.Tests.History;
using SseServer.Tests.Transport;

namespace SseServer.Tests.Conformance;

/// <summary>
/// RFC 9112 section 9.6: a client may close its own half when it has sent its last request. A FIN after a complete request is not an
/// abort: earlier requests are answered.
/// </summary>
public sealed class HalfClosedTests
{
    private const string Get = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    private const string Chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n";

    [TestCase(Get, "Host: a\n")]
    [TestCase(Post, "hello")]
    [TestCase(Chunked, "world")]
    [TestCase(Get + Post + Chunked + Get, "Host: a\n", "hello", "world", "Host: a\n")]
    [TestCase(Post + "GET / HT", "hello")]
    [TestCase("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", "hello")]
    [TestCase("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", "hello")]
    public async Task What_was_asked_before_a_fin_is_answered(string requests, params string[] bodies)
    {
        var replies = await Conversation.AskAndFinishAsync(requests);
        Assert.That(replies.Select(reply => reply.Status), Is.All.EqualTo(200));
        Assert.That(replies.Select(reply => reply.Body), Is.EqualTo(bodies));
    }

    [Test]
    public async Task Very_many_requests_before_a_fin_are_all_answered()
    {
        var replies = await Conversation.AskAndFinishAsync(string.Concat(Enumerable.Repeat(Post + Chunked, 500)));
        Assert.That(replies.Select(reply => reply.Body),
            Is.EqualTo(Enumerable.Repeat(new[] { "hello", "world" }, 500).SelectMany(pair => pair)));
    }

    [Test]
    public async Task Answer_that_takes_its_time_is_not_cut_short_by_a_fin()
    {
        await using var server = new TestServer();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Application.Handlers["/slow"] = async exchange =>
        {
            begun.SetResult();
            await finished.Task;
            exchange.StartReply(200);
            exchange.EndReply("text/plain"u8, new byte[1_000_000]);
        };
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + "GET /behind HTTP/1.1\r\nHost: a\r\n\r\n");
        await begun.Task;
        client.Finish();
        finished.SetResult();
        Assert.That((await client.ReadReplyAsync()).Body, Has.Length.EqualTo(1_000_000));
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/behind:"));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Refusal_reaches_a_client_that_has_finished()
    {
        var replies = await Conversation.AskAndFinishAsync(Get + "GET / HTTP/1.1\r\n\r\n");
        Assert.That(replies.Select(reply => reply.Status), Is.EqualTo(new[] { 200, 400 }));
    }

    [Test]
    public async Task Events_published_before_a_fin_are_acknowledged_and_delivered()
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events/a");
        var publisher = await server.ConnectAsync();
        await publisher.RequestAsync("POST", "/events/a", "one");
        await publisher.RequestAsync("POST", "/events/a", "data: two\n\ndata: three\n\n", "Content-Type: text/event-stream");
        await publisher.RequestAsync("POST", "/events/a", """{"data":"four"}""", "Content-Type: application/x-ndjson");
        await publisher.RequestAsync("POST", "/events/a", body: (string?)null, "Transfer-Encoding: chunked");
        await publisher.SendChunkAsync("five");
        await publisher.SendChunkAsync("");
        publisher.Finish();

        for (var i = 0; i < 4; i++) Assert.That((await publisher.ReadReplyAsync()).Status, Is.EqualTo(201));
        Assert.That(await publisher.EndsAsync());
        foreach (var data in new[] { "one", "two", "three", "four", "five" }) Assert.That((await reader.ReadEventAsync())!.Data,
            Is.EqualTo(data));
    }

    [Test]
    public async Task Stream_asked_for_before_a_fin_ends_after_what_there_is()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a", "one");
        var reader = await server.ConnectAsync();
        await reader.RequestAsync("GET", "/events/a?since=all");
        reader.Finish();
        Assert.That((await reader.ReadHeadAsync()).Status, Is.EqualTo(200));
        Assert.That((await reader.ReadEventAsync())!.Name, Is.EqualTo("connected"));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("one"));
        Assert.That(await reader.ReadBlockAsync(), Is.Null);
        Assert.That(await reader.EndsAsync());
    }

    [Test]
    public async Task Stream_asked_for_before_a_fin_brings_all_history([Values] bool isStored, [Values] bool tls)
    {
        const int events = 3000;
        await using var server = new ServerUnderTest(
            hub: HubOptions.Default with { Shards = 2, MaxHistoryBytes = isStored ? 100_000 : HubOptions.Default.MaxHistoryBytes },
            store: isStored ? new MemoryEventStore() : null, tls: tls);
        var lines = string.Concat(Enumerable.Range(0, events).Select(i => $$"""{"data":"{{i}} {{new string('x', 400)}}"}""" + "\n"));
        await server.SendAsync("POST", "/events/a", lines, "Content-Type: application/x-ndjson");
        var reader = await server.ConnectAsync();
        await reader.RequestAsync("GET", "/events/a?since=all");
        if (!tls) reader.Finish();
        else await reader.FinishTlsAsync();

        Assert.That((await reader.ReadHeadAsync()).Status, Is.EqualTo(200));
        Assert.That((await reader.ReadEventAsync())!.Name, Is.EqualTo("connected"));
        for (var i = 0; i < events; i++) Assert.That((await reader.ReadEventAsync())!.Data, Does.StartWith($"{i} "));
        Assert.That(await reader.ReadBlockAsync(), Is.Null);
        Assert.That(await reader.EndsAsync());
    }
}
