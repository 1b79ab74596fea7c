using SseServer.Catalog;

namespace SseServer.Tests.Endpoints;

/// <summary>Refusals of what may succeed later: a clean end with a retry for event streams, 503 with Retry-After for the rest.</summary>
public sealed class SoftRefusalTests
{
    public enum Cause
    {
        TooManyTopics,
        TooManyPatterns,
        Draining,
    }

    [TestCase(Cause.TooManyTopics, "/events/one-too-many", 9_000, 15_000)]
    [TestCase(Cause.TooManyPatterns, "/events/one/*", 9_000, 15_000)]
    [TestCase(Cause.Draining, "/events", 2_250, 3_750)]
    public async Task EventSource_is_told_to_retry_later(Cause cause, string target, int least, int most)
    {
        await using var server = await FullAsync(cause);
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", target, body: (string?)null, "Accept: text/event-stream");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Content-Type"], reply["Access-Control-Allow-Origin"]),
            Is.EqualTo((200, "text/event-stream; charset=utf-8", "*")));
        Assert.That(reply.Body, Does.Match(@"^retry: [0-9]+\n\n$"));
        Assert.That(int.Parse(reply.Body["retry: ".Length..^2]), Is.InRange(least, most),
            "at a limit four times the reconnection time, spread by a quarter");
        Assert.That(reply["Cache-Control"], Is.EqualTo("no-store"));
        Assert.That(int.Parse(reply["Retry-After"]!), Is.InRange(least / 1000, (most + 999) / 1000));
    }

    [TestCase(Cause.TooManyTopics, "/events/one-too-many", "Topics:MaxTopics", 9, 15)]
    [TestCase(Cause.TooManyPatterns, "/events/one/*", "Topics:MaxPatterns", 9, 15)]
    [TestCase(Cause.Draining, "/events", "shutting down", 3, 4)]
    public async Task Others_are_refused_with_a_time_to_try_again(Cause cause, string target, string sentence, int least, int most)
    {
        await using var server = await FullAsync(cause);
        var reply = await server.SendAsync("GET", target, null, "Accept: */*");
        Assert.That(reply.Status, Is.EqualTo(503));
        Assert.That(int.Parse(reply["Retry-After"]!), Is.InRange(least, most));
        Assert.That(reply.Problem, Does.Contain(sentence));
    }

    [Test]
    public async Task Publish_to_one_topic_too_many_is_refused_for_now()
    {
        await using var server = await FullAsync(Cause.TooManyTopics);
        var reply = await server.SendAsync("POST", "/events/one-too-many", "x");
        Assert.That(reply.Status, Is.EqualTo(503));
        Assert.That(int.Parse(reply["Retry-After"]!), Is.Positive);
        Assert.That(reply.Problem, Does.Contain("Topics:MaxTopics"));
        Assert.That((await server.SendAsync("POST", "/events/t1", "x")).Status, Is.EqualTo(201), "a known topic still takes events");
    }

    [Test]
    public async Task Batch_with_one_topic_too_many_is_refused_as_a_whole()
    {
        await using var server = await FullAsync(Cause.TooManyTopics);
        var reply = await server.SendAsync(
            "POST", "/events/t1", "{\"data\":1}\n{\"data\":2,\"topic\":\"one-too-many\"}", "Content-Type: application/x-ndjson");
        Assert.That(reply.Status, Is.EqualTo(503));
        Assert.That(server.Hub.HistoryBytes, Is.Zero);
    }

    [Test]
    public async Task Health_check_of_a_draining_server_fails()
    {
        await using var server = await FullAsync(Cause.Draining);
        var reply = await server.SendAsync("GET", "/healthz");
        Assert.That((reply.Status, reply.Json.GetProperty("status").GetString()), Is.EqualTo((503, "draining")));
    }

    private static async Task<ServerUnderTest> FullAsync(Cause cause)
    {
        var server = new ServerUnderTest(hub: HubOptions.Default with { Shards = 1, MaxTopics = 2, MaxPatterns = 1 });
        if (cause == Cause.Draining) server.Application.BeginDrain();
        else if (cause == Cause.TooManyPatterns) await server.SubscribeAsync("/events/**");
        else await server.SubscribeAsync("/events/t1?topic=t2");
        return server;
    }
}
