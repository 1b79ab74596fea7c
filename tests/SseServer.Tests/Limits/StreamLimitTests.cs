using System.Net;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Limits;

/// <summary>
/// At each limit on streams: how a new stream is refused, that the existing ones stay, and that there is room again when they end.
/// </summary>
public sealed class StreamLimitTests
{
    private static readonly HubOptions OneShard = HubOptions.Default with { Shards = 1 };

    public static readonly object[][] Cases =
    [
        ["streams", new LimitOptions { MaxStreams = 1 }, OneShard, "/events/a", "/events/b"],
        ["streams_per_client", new LimitOptions { MaxStreamsPerClient = 1 }, OneShard, "/events/a", "/events/b"],
        ["streams_per_topic", LimitOptions.None, OneShard with { MaxStreamsPerTopic = 1 }, "/events/a", "/events?topic=b&topic=a"],
        ["streams_per_topic", LimitOptions.None, OneShard with { MaxStreamsPerTopic = 1 }, "/events/a/*", "/events/a/*"],
        ["topics_per_client", new LimitOptions { MaxTopicsPerClient = 2 }, OneShard, "/events?topic=a&topic=b", "/events/a"],
        ["patterns_per_client", new LimitOptions { MaxPatternsPerClient = 1 }, OneShard, "/events/a/*", "/events?topic=b&topic=a/*"],
        ["topics", LimitOptions.None, OneShard with { MaxTopics = 1 }, "/events/a", "/events/b"],
        ["patterns", LimitOptions.None, OneShard with { MaxPatterns = 1 }, "/events/a/*", "/events/b/*"],
    ];

    [TestCaseSource(nameof(Cases))]
    public async Task New_stream_is_told_to_retry_and_none_is_closed(string label, object limits, object hub, string target,
        string refused)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { Limits = (LimitOptions)limits }, (HubOptions)hub);
        var live = await server.SubscribeAsync(target);
        for (var i = 0; i < 3; i++)
        {
            await AssertSoftAsync(server, refused);
            await AssertHardAsync(server, refused, LimitInfo.All.Single(limit => limit.Label == label));
        }

        Publish(server, target.Contains('*', StringComparison.Ordinal) ? "a/1" : "a", "still here");
        Assert.That((await live.ReadEventAsync())!.Data, Is.EqualTo("still here"));
        Assert.That(await server.RefusalsAsync(label), Is.EqualTo(6));
        Assert.That(await server.MetricAsync($"sse_soft_refusals_total{{reason=\"{label}\"}}"), Is.EqualTo(3));
        Assert.That(server.Logs.Told, Has.Count.EqualTo(1).And.All.Contain(label), "one line a minute");

        live.Dispose();
        await server.HasStreamsAsync(0);
        // The stream's share is returned a moment after the hub stops counting it.
        if (label == "topics") Assert.That(server.Hub.TopicCount, Is.EqualTo(1), "a topic that was published to stays");
        else await Eventually.HoldsAsync(() => TryOpenAsync(server, refused).GetAwaiter().GetResult(), "room for another");
    }

    [Test]
    public async Task Soft_refusal_is_a_whole_event_stream_to_the_byte()
    {
        var hub = HubOptions.Default with { ReconnectionTime = TimeSpan.FromMilliseconds(500) };
        await using var server = new ServerUnderTest(EndpointOptions.Default with { Limits = new LimitOptions { MaxStreams = 1 } }, hub);
        await server.SubscribeAsync("/events");
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events", body: (string?)null, "Accept: text/event-stream", "Origin: https://app.example");
        var reply = await client.ReadReplyAsync();
        Assert.That(reply.Head + reply.Body, Is.EqualTo(
            "HTTP/1.1 200 OK\r\nDate: Sat, 22 Nov 2025 06:48:43 GMT\r\n"
            + "Access-Control-Allow-Origin: *\r\n"
            + "Access-Control-Expose-Headers: Retry-After, SSE-Last-Event-ID, RateLimit, RateLimit-Policy\r\n"
            + $"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nRetry-After: {reply["Retry-After"]}\r\n"
            + "Content-Type: text/event-stream; charset=utf-8\r\nContent-Length: 13\r\n\r\n"
            + $"retry: {reply.Body["retry: ".Length..^2]}\n\n"));
        Assert.That(int.Parse(reply.Body["retry: ".Length..^2]), Is.InRange(1500, 2500));
    }

    [Test]
    public async Task Returns_are_spread()
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { Limits = new LimitOptions { MaxStreams = 1 } });
        await server.SubscribeAsync("/events");
        var client = await server.ConnectAsync();
        var times = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            await client.RequestAsync("GET", "/events", body: (string?)null, "Accept: text/event-stream");
            times.Add((await client.ReadReplyAsync()).Body);
        }

        Assert.That(times, Has.Count.GreaterThan(10));
    }

    [Test]
    [Platform("Linux", Reason = "Other systems have one loopback address only.")]
    public async Task Clients_are_distinguished_by_their_address()
    {
        var options = EndpointOptions.Default with { Limits = new LimitOptions { MaxStreamsPerClient = 1 } };
        await using var server = new ServerUnderTest(options);
        await server.SubscribeAsync("/events");
        var other = await server.ConnectAsync(from: IPAddress.Parse("127.0.0.2"));
        await other.RequestAsync("GET", "/events");
        Assert.That((await other.ReadHeadAsync())["Transfer-Encoding"], Is.EqualTo("chunked"));
        Assert.That((await server.SendAsync("GET", "/events")).Status, Is.EqualTo(429));
    }

    [Test]
    public async Task Churn_leaves_the_count_exact()
    {
        const int limit = 5;
        var options = EndpointOptions.Default with { Limits = new LimitOptions { MaxStreamsPerClient = limit } };
        await using var server = new ServerUnderTest(options, OneShard);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(number => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                using var client = await WireClient.ConnectAsync(server.EndPoint);
                await client.RequestAsync("GET", $"/events/{number}", body: (string?)null, "Accept: text/event-stream");
                // Some leave before they get a response, some during it, by RST and by FIN.
                if (i % 4 > 0) await client.ReadHeadAsync();
                Assert.That(server.Hub.Streams, Is.LessThanOrEqualTo(limit));
                if (i % 2 == 0) client.Reset();
            }
        })));
        await server.HasConnectionsAsync(0);
        await server.HasStreamsAsync(0);

        for (var i = 0; i < limit; i++) await server.SubscribeAsync("/events");
        Assert.That((await server.SendAsync("GET", "/events")).Status, Is.EqualTo(429));
    }

    [Test]
    public async Task Subscription_to_too_many_topics_is_no_refusal_for_now()
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { MaxTopicsPerSubscription = 1 });
        var reply = await server.SendAsync("GET", "/events?topic=a&topic=b", null, "Accept: text/event-stream");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(await server.RefusalsAsync("topics_per_subscription"), Is.EqualTo(1));
    }

    private static async Task AssertSoftAsync(ServerUnderTest server, string target)
    {
        var reply = await server.SendAsync("GET", target, null, "Accept: text/event-stream");
        Assert.That((reply.Status, reply["Content-Type"]), Is.EqualTo((200, "text/event-stream; charset=utf-8")));
        Assert.That(reply.Body, Does.Match(@"^retry: [0-9]{4,5}\n\n$"));
        var seconds = (int)Math.Ceiling(int.Parse(reply.Body["retry: ".Length..^2]) / 1000.0);
        Assert.That(reply["Retry-After"], Is.EqualTo(seconds.ToString()), "for monitoring");
    }

    private static async Task AssertHardAsync(ServerUnderTest server, string target, LimitInfo limit)
    {
        var reply = await server.SendAsync("GET", target);
        var status = limit.Label.EndsWith("_per_client", StringComparison.Ordinal) ? 429 : 503;
        Assert.That((reply.Status, reply.Code), Is.EqualTo((status, limit.Code!.Text)));
        Assert.That(int.Parse(reply["Retry-After"]!), Is.InRange(9, 15));
        Assert.That(reply.Problem, Does.Contain(limit.Setting));
    }

    private static async Task<bool> TryOpenAsync(ServerUnderTest server, string target)
    {
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", target);
        if ((await client.ReadHeadAsync()).Status == 200) return true;
        client.Dispose();
        return false;
    }

    private static void Publish(ServerUnderTest server, string topic, string data)
    {
        var batch = new PublishBatch();
        TopicName.TryCreate(System.Text.Encoding.UTF8.GetBytes(topic), out var name, out _);
        batch.Add(name, new ServerSentEvent { Data = System.Text.Encoding.UTF8.GetBytes(data), RetryMilliseconds = -1 });
        Assert.That(server.Hub.PublishNow(batch), Is.EqualTo(HubStatus.Ok));
    }
}
