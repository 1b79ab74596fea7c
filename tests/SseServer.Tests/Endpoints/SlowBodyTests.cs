using SseServer.Transport;

namespace SseServer.Tests.Endpoints;

/// <summary>A body may take longer than its token lives: the time of publishing counts.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class SlowBodyTests
{
    [TestCase("text/plain", "xx", false)]
    [TestCase("application/octet-stream", "xx", false)]
    [TestCase("application/x-ndjson", "{\"data\":\"x\"}\n", false)]
    [TestCase("text/event-stream", "data: x\n\n", false)]
    [TestCase("text/plain", "xx", true)]
    [TestCase("application/x-ndjson", "{\"data\":\"x\"}\n", true)]
    public async Task Token_that_expires_before_the_body_is_whole_publishes_nothing(string type, string body, bool isChunked)
    {
        await using var server = new ServerUnderTest(transport: new TransportOptions { MinBodyRate = 0 }, auth: Guarded.Options);
        var client = await server.ConnectAsync();
        var framing = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}";
        await client.RequestAsync("POST", "/events/orders/1", (string?)null, Guarded.Bearer(server.Token(seconds: 10)),
            "Content-Type: " + type, framing, "Expect: 100-continue");
        // The sender is already identified: the server is waiting for the body.
        Assert.That((await client.ReadHeadAsync()).Status, Is.EqualTo(100));
        await SendAsync(body[..1]);
        server.Time.Advance(TimeSpan.FromSeconds(10));
        await SendAsync(body[1..]);
        if (isChunked) await client.SendAsync("0\r\n\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((401, "The token has expired; send a fresh one.")));
        Assert.That(server.Hub.TopicCount, Is.Zero);

        Task SendAsync(string part) => isChunked ? client.SendChunkAsync(part) : client.SendAsync(part);
    }
}
