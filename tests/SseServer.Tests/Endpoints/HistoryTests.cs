using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>Responses when history is kept in a store.</summary>
public sealed class HistoryTests
{
    [TestCase(true, 507, "full")]
    [TestCase(false, 503, "unavailable")]
    public async Task Publish_is_refused_with_what_to_mend_while_the_disk_fails_and_works_again(bool isFull, int status, string health)
    {
        var store = new MemoryEventStore();
        await using var server = new ServerUnderTest(store: store);
        await server.PublishAsync("/events/a", "one");

        store.Failure = isFull ? StoreFailure.Full : StoreFailure.Unavailable;
        var single = await server.SendAsync("POST", "/events/a", "lost");
        var batch = await server.SendAsync("POST", "/events/a", "{\"data\":\"lost\"}\n", "Content-Type: application/x-ndjson");
        var ill = await server.SendAsync("GET", "/healthz");
        store.Failure = null;
        await server.PublishAsync("/events/a", "two");
        var well = await server.SendAsync("GET", "/healthz");

        Assert.That((single.Status, batch.Status), Is.EqualTo((status, status)));
        Assert.That(single.Problem, Does.Contain(isFull ? "disk that holds the history is full" : "history cannot be written"));
        Assert.That(single["Retry-After"], isFull ? Is.Null : Is.Not.Null);
        Assert.That((ill.Status, ill.Json.GetProperty("history").GetString()), Is.EqualTo((200, health)), "Reading works.");
        Assert.That(well.Json.GetProperty("history").GetString(), Is.EqualTo("ok"));
        Assert.That(store.Data("a"), Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public async Task Stream_of_events_that_the_disk_cuts_short_is_told_the_last_published_event()
    {
        var store = new MemoryEventStore();
        await using var server = new ServerUnderTest(store: store);
        using var client = await server.ConnectAsync();
        await client.SendAsync(
            $"POST /events/a HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n");
        await client.SendChunkAsync("data: one\n\n");
        await Eventually.HoldsAsync(() => store.Commits == 1, "the first event is committed");

        store.Failure = StoreFailure.Full;
        await client.SendChunkAsync("data: two\n\n");
        var reply = await client.ReadReplyAsync();

        Assert.That(reply.Status, Is.EqualTo(507));
        Assert.That(reply.Json.GetProperty("lastId").GetString(), Is.EqualTo(new EventId(store.Ids("a").Single()).ToString()));
    }

    [Test]
    public async Task Stream_over_HTTP_1_0_replays_from_the_store()
    {
        var store = new MemoryEventStore();
        await using var server = new ServerUnderTest(hub: HubOptions.Default with { Shards = 1, MaxHistoryBytes = 8192 }, store: store);
        for (var i = 0; i < 100; i++) await server.PublishAsync("/events/a", $"{i} {new string('x', 500)}");
        using var client = await server.ConnectAsync();

        await client.SendAsync("GET /events/a?since=all HTTP/1.0\r\n\r\n");
        await client.ReadHeadAsync();

        Assert.That((await client.ReadEventAsync())!.Name, Is.EqualTo("connected"));
        for (var i = 0; i < 100; i++) Assert.That((await client.ReadEventAsync())!.Data, Does.StartWith($"{i} "));
        Assert.That(store.PagesRead, Is.Positive);
    }
}
