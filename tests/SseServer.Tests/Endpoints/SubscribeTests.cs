using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>What a subscriber receives: the head, the first block, the events of its topics.</summary>
public sealed class SubscribeTests
{
    [Test]
    public async Task Head_of_a_stream_is_this()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events");
        Assert.That((await client.ReadHeadAsync()).Head, Is.EqualTo(
            "HTTP/1.1 200 OK\r\n" +
            "Date: Sat, 22 Nov 2025 06:48:43 GMT\r\n" +
            "Content-Type: text/event-stream; charset=utf-8\r\n" +
            "Cache-Control: no-cache, no-transform\r\n" +
            "Connection: keep-alive\r\n" +
            "Transfer-Encoding: chunked\r\n" +
            "X-Accel-Buffering: no\r\n" +
            "X-Content-Type-Options: nosniff\r\n" +
            "Access-Control-Allow-Origin: *\r\n" +
            "Access-Control-Expose-Headers: Retry-After, SSE-Last-Event-ID, RateLimit, RateLimit-Policy\r\n" +
            "SSE-Last-Event-ID: 1763794123123-0\r\n\r\n"));
    }

    [Test]
    public async Task Head_and_first_block_leave_before_any_event()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events");
        await client.ReadHeadAsync();
        var block = await client.ReadBlockAsync();
        Assert.That(block!.Text, Does.Match(
            @"^id: 1763794123123-0\nevent: connected\nretry: \d{4}\ndata: Connection established at 2025-11-22T06:48:43\.123Z$"));
        Assert.That(int.Parse(block.Retry!), Is.InRange(2250, 3750), "3 s, spread by a quarter");
    }

    [Test]
    public async Task Greeting_carries_the_id_of_the_last_event_of_its_topics()
    {
        await using var server = new ServerUnderTest();
        var id = await server.PublishAsync("/events", "x");
        await server.PublishAsync("/events/elsewhere", "x");
        var client = await server.SubscribeAsync("/events");
        Assert.That(client.LastEventId, Is.EqualTo(id));
    }

    [Test]
    public async Task Event_comes_as_its_fields_say()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/orders/42");
        await server.PublishAsync("/events/orders/42?event=shipped&retry=2000", "one\ntwo");
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo(
            "id: 1763794123123-1\nevent: shipped\nretry: 2000\ndata: one\ndata: two"));
    }

    // Target of the subscription, topic published to, whether it arrives.
    [TestCase("/events", "default", true)]
    [TestCase("/events/a", "a", true)]
    [TestCase("/events?topic=a", "a", true)]
    [TestCase("/events?topic=a&topic=b", "b", true)]
    [TestCase("/events/a?topic=b", "a", true)]
    [TestCase("/events/a?topic=b", "b", true)]
    [TestCase("/events/a", "b", false)]
    [TestCase("/events/a", "default", false)]
    [TestCase("/events/orders/*", "orders/1", true)]
    [TestCase("/events/orders/*", "orders", false)]
    [TestCase("/events/orders/*", "orders/1/items", false)]
    [TestCase("/events/orders/**", "orders/1/items", true)]
    [TestCase("/events/orders/**", "orders", false)]
    [TestCase("/events?topic=*/42", "orders/42", true)]
    [TestCase("/events?topic=**", "orders/1/items", true)]
    [TestCase("/events/Orders", "orders", false)]
    public async Task Subscriber_gets_the_topics_it_asked_for_and_no_others(string target, string topic, bool arrives)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync(target);
        await server.PublishAsync("/events?topic=" + topic, "asked for");
        client.Finish();
        Assert.That((await client.ReadEventAsync())?.Data, Is.EqualTo(arrives ? "asked for" : null));
    }

    [TestCase("/events?topic=a&topic=a&topic=*&topic=**")]
    [TestCase("/events/a?topic=b&topic=*")]
    public async Task Event_that_matches_several_selectors_comes_once(string target)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync(target);
        await server.PublishAsync("/events/a", "1");
        await server.PublishAsync("/events/b", "2");
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("1"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("2"));
    }

    [Test]
    public async Task Events_of_several_topics_come_in_the_order_of_publishing()
    {
        await using var server = new ServerUnderTest();
        for (var i = 0; i < 12; i++) await server.PublishAsync($"/events/t{i % 4}", $"{i}");
        var client = await server.SubscribeAsync("/events/t0?topic=t1&topic=t2&topic=t3&since=all");
        for (var i = 0; i < 12; i++) Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo($"{i}"));
    }

    [Test]
    public async Task Stream_of_http_1_0_has_no_chunks_and_ends_with_the_connection()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync($"GET /events HTTP/1.0\r\nHost: {client.Authority}\r\nConnection: keep-alive\r\n\r\n");
        var head = await client.ReadHeadAsync();
        Assert.That((head["Transfer-Encoding"], head["Connection"]), Is.EqualTo(((string?)null, "close")));
        Assert.That((await client.ReadBlockAsync())!.Name, Is.EqualTo("connected"));
        await server.PublishAsync("/events?id=mine", "x");
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: mine\ndata: x"));
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: 1763794123123-1"));
        server.Hub.Shedder.BeginDrain(TimeSpan.Zero);
        Assert.That((await client.ReadBlockAsync())!.Text, Does.Match(@"^retry: \d+$"));
        Assert.That(await client.ReadBlockAsync(), Is.Null);
        Assert.That(await client.EndsAsync());
    }

    [Test]
    public async Task Client_without_keep_alive_gets_connection_close()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events", fields: "Connection: close", body: (string?)null);
        var head = await client.ReadHeadAsync();
        Assert.That((head["Transfer-Encoding"], head["Connection"]), Is.EqualTo(("chunked", "close")));
        server.Hub.Shedder.BeginDrain(TimeSpan.Zero);
        Assert.That(await client.ReadBodyAsync(), Does.Match(@"retry: \d+\n\n$"));
        Assert.That(await client.EndsAsync());
    }

    // RFC 9110 section 9.3.2: the fields of GET, without the content.
    [Test]
    public async Task Head_request_returns_the_fields_of_a_stream_and_opens_none()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("HEAD", "/events/a");
        var head = await client.ReadReplyAsync(isHead: true);
        Assert.That((head.Status, head["Content-Type"], head["Content-Length"]), Is.EqualTo((200, "text/event-stream; charset=utf-8",
            (string?)null)));
        await client.RequestAsync("GET", "/healthz");
        var health = await client.ReadReplyAsync();
        Assert.That((health.Json.GetProperty("streams").GetInt32(), health.Json.GetProperty("topics").GetInt32()), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Silence_is_broken_by_a_comment()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        Assert.That((await BreakSilenceAsync(server, client))!.Text, Is.EqualTo(":"));
    }

    [Test]
    public async Task Heartbeat_is_a_named_event_on_request()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events?heartbeat=event");
        var start = server.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var block = await BreakSilenceAsync(server, client);
        Assert.That((block!.Name, block.Id), Is.EqualTo(("heartbeat", (string?)null)));
        var earliest = start + (long)HubOptions.Default.HeartbeatInterval.TotalMilliseconds * 3 / 4;
        Assert.That(long.Parse(block.Data!), Is.InRange(earliest, server.Time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    [TestCase("/events?heartbeat=never", "heartbeat= must be")]
    [TestCase("/events?topic=", "empty")]
    [TestCase("/events/", "empty")]
    [TestCase("/events/a/**/b", "'**'")]
    [TestCase("/events/a*", "'*'")]
    [TestCase("/events/%zz", "two hex digits")]
    [TestCase("/events?topic=%4", "two hex digits")]
    public async Task What_cannot_be_subscribed_to_is_refused_with_a_sentence(string target, string sentence)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", target);
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain(sentence));
    }

    [Test]
    public async Task Subscription_takes_so_many_topics_and_not_one_more()
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { MaxTopicsPerSubscription = 3 });
        await server.SubscribeAsync("/events/a?topic=b&topic=c");
        var reply = await server.SendAsync("GET", "/events/a?topic=b&topic=c&topic=d");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain("at most 3 topics"));
    }

    [Test]
    public async Task Connection_serves_requests_again_after_a_stream_ended_cleanly()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        await server.SendAsync("POST", "/events/default?final=1");
        while (await client.ReadBlockAsync() is not null)
        {
        }

        await client.RequestAsync("GET", "/healthz");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(200));
    }

    // The sweep runs on another thread, and may still take one second for the one before.
    private static async Task<EventBlock?> BreakSilenceAsync(ServerUnderTest server, WireClient client)
    {
        var block = client.ReadBlockAsync();
        await Eventually.HoldsAsync(
            () =>
            {
                if (!block.IsCompleted) server.Time.Advance(TimeSpan.FromSeconds(1));
                return block.IsCompleted;
            },
            "a heartbeat");
        return await block;
    }
}
