using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.History;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Endpoints;

/// <summary>Each code of a refusal is provoked once, over a connection.</summary>
public sealed class ProblemCodeTests
{
    private const string Batch = "Content-Type: application/x-ndjson";
    private const string Large = "0123456789";

    private static readonly Dictionary<string, Func<Task<WireReply>>> Causes = new()
    {
        ["invalid_request"] = () => SendAsync(new(), "GET", "/events?since=-0"),
        ["invalid_event"] = () => SendAsync(new(), "POST", "/events", "{}", Batch),
        ["malformed_http"] = () => RawAsync(new(), "GET / HTTP/1.1\nHost: a\n\n"),
        ["too_many_topics"] = () => SendAsync(
            new(EndpointOptions.Default with { MaxTopicsPerSubscription = 1 }), "GET", "/events/a?topic=b"),
        ["ambiguous_credential"] = () => SendAsync(Guarded.Start(), "GET", "/events?access_token=a&access_token=b"),
        ["credential_required"] = () => SendAsync(Guarded.Start(), "GET", "/events/secret/a"),
        ["invalid_credential"] = () => SendAsync(Guarded.Start(), "GET", "/events", null, Guarded.Bearer("guess")),
        ["token_expired"] = async () =>
        {
            var server = Guarded.Start();
            return await SendAsync(server, "GET", "/events", null, Guarded.Bearer(server.Token(seconds: -1)));
        },
        ["not_granted"] = () => SendAsync(Guarded.Start(), "POST", "/events/other", "x", Guarded.Bearer(Guarded.KeyOfShop)),
        ["origin_not_allowed"] = () => SendAsync(new(), "POST", "/events", "x", "Origin: https://elsewhere.example"),
        ["proxy_not_allowed"] = () => SendAsync(new(), "POST", "/events", "x", "Via: 1.1 proxy"),
        ["not_found"] = () => SendAsync(new(), "GET", "/nothing"),
        ["stream_not_found"] = async () =>
        {
            var server = Guarded.Start();
            return await SendAsync(server, "POST", "/streams/x", "", Guarded.Bearer(server.Token()));
        },
        ["topic_not_found"] = () => SendAsync(new(), "DELETE", "/events/a"),
        ["method_not_allowed"] = () => SendAsync(new(), "PUT", "/events", "x"),
        ["not_acceptable"] = () => SendAsync(new(), "GET", "/events", null, "Accept: text/html"),
        ["too_slow"] = SlowAsync,
        ["topic_ended"] = async () =>
        {
            var server = new ServerUnderTest();
            await server.PublishAsync("/events/a?final=1", "x");
            return await SendAsync(server, "POST", "/events/a", "x");
        },
        ["id_conflict"] = async () =>
        {
            var server = new ServerUnderTest();
            await server.PublishAsync("/events/a?id=one", "x");
            return await SendAsync(server, "POST", "/events/a?id=one", "y");
        },
        ["already_draining"] = async () =>
        {
            var server = new ServerUnderTest();
            server.Hub.Shedder.BeginDrain(TimeSpan.FromSeconds(4));
            return await SendAsync(server, "POST", "/admin/shed?percent=20");
        },
        ["body_too_large"] = () => SendAsync(BodyMemory(100, 0), "POST", "/events", new string('x', 60 * 1024)),
        ["event_too_large"] = () => SendAsync(Small(), "POST", "/events", Large),
        ["batch_too_large"] = () => SendAsync(Small(), "POST", "/events", "{\"data\":1}\n{\"data\":2}", Batch),
        ["request_line_too_long"] = () => SendAsync(new(), "GET", "/" + new string('a', 9000)),
        ["unsupported_media_type"] = () => SendAsync(new(), "POST", "/events", "x", "Content-Encoding: gzip"),
        ["unknown_expectation"] = () => SendAsync(new(), "POST", "/events", "x", "Expect: miracles"),
        ["wrong_host"] = () => SendAsync(new(), "GET", "/events", null, "Host: rebound.example"),
        ["rate_limited"] = async () =>
        {
            var server = Limited(new() { PublishRate = 1 });
            await server.PublishAsync("/events", "x");
            return await SendAsync(server, "POST", "/events", "x");
        },
        ["client_connection_limit"] = () => CrowdedAsync(new() { MaxConnectionsPerAddress = 1 }),
        ["client_stream_limit"] = () => SecondStreamAsync(Limited(new() { MaxStreamsPerClient = 1 })),
        ["client_topic_limit"] = () => SecondStreamAsync(Limited(new() { MaxTopicsPerClient = 1 })),
        ["client_pattern_limit"] = () => SecondStreamAsync(Limited(new() { MaxPatternsPerClient = 1 }), "/events/a/*"),
        ["client_body_memory_limit"] = () => SecondBodyAsync(BodyMemory(1000, 200)),
        ["header_too_large"] = () => SendAsync(new(), "GET", "/events", null, "X: " + new string('a', 33 * 1024)),
        ["not_implemented"] = () => SendAsync(new(), "BREW", "/events"),
        ["shutting_down"] = async () =>
        {
            var server = new ServerUnderTest();
            server.Application.BeginDrain();
            return await SendAsync(server, "POST", "/events", "x");
        },
        ["keys_unavailable"] = KeysAsync,
        ["history_unavailable"] = () => StoreAsync(StoreFailure.Unavailable),
        ["connection_limit"] = () => CrowdedAsync(new() { MaxConnections = 1 }),
        ["stream_limit"] = () => SecondStreamAsync(Limited(new() { MaxStreams = 1 })),
        ["topic_stream_limit"] = () => SecondStreamAsync(new(hub: HubOptions.Default with { Shards = 1, MaxStreamsPerTopic = 1 })),
        ["topic_limit"] = async () =>
        {
            var server = new ServerUnderTest(hub: HubOptions.Default with { Shards = 1, MaxTopics = 1 });
            await server.PublishAsync("/events/a", "x");
            return await SendAsync(server, "POST", "/events/b", "x");
        },
        ["pattern_limit"] = async () =>
        {
            var server = new ServerUnderTest(hub: HubOptions.Default with { Shards = 1, MaxPatterns = 1 });
            await server.SubscribeAsync("/events/a/*");
            return await SendAsync(server, "GET", "/events/b/*");
        },
        ["body_memory_limit"] = () => SecondBodyAsync(BodyMemory(200, 0)),
        ["memory_limit"] = async () =>
        {
            var server = new ServerUnderTest();
            server.Hub.Pressure = SseServer.Hub.MemoryPressure.Full;
            return await SendAsync(server, "GET", "/events");
        },
        ["unsupported_http_version"] = () => RawAsync(new(), "GET / HTTP/3.0\r\nHost: localhost\r\n\r\n"),
        ["history_full"] = () => StoreAsync(StoreFailure.Full),
    };

    private static IEnumerable<string> Codes => ProblemCode.All.Select(code => code.Text);

    [TestCaseSource(nameof(Codes))]
    public async Task Code_is_sent(string code)
    {
        Assert.That(Causes, Contains.Key(code), "a new code needs a cause in this table");
        var reply = await Causes[code]();
        Assert.That(reply.Code, Is.EqualTo(code), reply.Body);
        Assert.That(reply.Problem, Is.Not.Empty);
        Assert.That(reply["Retry-After"], reply.Status is 429 or 503 ? Is.Not.Null : Is.Null);
    }

    [Test]
    public void Codes_are_distinct_words()
    {
        Assert.That(Codes, Is.Unique.And.All.Match("^[a-z]+(_[a-z]+)*$"));
        Assert.That(ProblemCode.All.Select(code => code.Status), Is.Ordered);
    }

    private static async Task<WireReply> SendAsync(
        ServerUnderTest server, string method, string target, string? body = null, params string[] fields)
    {
        await using var disposed = server;
        var reply = await server.SendAsync(method, target, body, fields);
        server.Logs.Complaints.Clear();
        return reply;
    }

    private static async Task<WireReply> RawAsync(ServerUnderTest server, string request)
    {
        await using var disposed = server;
        var client = await server.ConnectAsync();
        await client.SendAsync(request);
        return await client.ReadReplyAsync();
    }

    private static ServerUnderTest Limited(LimitOptions limits) => new(EndpointOptions.Default with { Limits = limits });

    private static ServerUnderTest Small() => new(EndpointOptions.Default with { MaxEventBytes = 9, MaxBatchEvents = 1 });

    private static ServerUnderTest BodyMemory(int kilobytes, int perClient)
        => Limited(new() { MaxBodyMemory = kilobytes * 1024, MaxBodyMemoryPerClient = perClient * 1024 });

    private static async Task<WireReply> SlowAsync()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /events HTTP/1.1\r\n");
        await Eventually.HoldsAsync(() =>
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
            return client.HasNews;
        }, "an answer");
        return await client.ReadReplyAsync();
    }

    private static async Task<WireReply> CrowdedAsync(TransportOptions transport)
    {
        var server = new ServerUnderTest(transport: transport);
        await server.SubscribeAsync("/events");
        return await SendAsync(server, "GET", "/events");
    }

    private static async Task<WireReply> SecondStreamAsync(ServerUnderTest server, string target = "/events/a")
    {
        await server.SubscribeAsync(target);
        return await SendAsync(server, "GET", target);
    }

    private static async Task<WireReply> SecondBodyAsync(ServerUnderTest server)
    {
        var body = new string('x', 60 * 1024);
        var first = await server.ConnectAsync();
        await first.SendAsync($"POST /events HTTP/1.1\r\nHost: {first.Authority}\r\nContent-Length: 100000\r\n\r\n{body}");
        await Eventually.HoldsAsync(() => server.Application.Bodies.HeldBytes >= 2 * body.Length, "the first body");
        return await SendAsync(server, "POST", "/events", body);
    }

    private static async Task<WireReply> StoreAsync(StoreFailure failure)
    {
        var store = new MemoryEventStore { Failure = failure };
        return await SendAsync(new(store: store), "POST", "/events", "x");
    }

    private static async Task<WireReply> KeysAsync()
    {
        await using var keys = new KeyServer();
        var jwt = TestTokens.Options with { Keys = [], JwksUrl = keys.Url };
        var server = new ServerUnderTest(auth: Guarded.Options with { Jwt = jwt });
        return await SendAsync(server, "GET", "/events/open", null, Guarded.Bearer(server.Token()));
    }
}
