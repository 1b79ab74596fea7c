using System.Buffers;
using System.Text;
using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// A batch is read line by line as it arrives: an error is reported at its line, before the rest has arrived, and events are counted.
/// </summary>
public sealed class BatchBoundTests
{
    private const string Line = """{"data":1}""";

    private static readonly EndpointOptions FiveEvents = EndpointOptions.Default with { MaxBatchEvents = 5 };

    [TestCase(5, "", 201, 0)]
    [TestCase(6, "", 413, 6)]
    [TestCase(5, "\n\r\n \t\n", 201, 0)]
    [TestCase(6, "\n\r\n \t\n", 413, 9)]
    public async Task Events_of_a_batch_are_bounded_and_the_first_too_many_is_named(int events, string blanks, int status, int line)
    {
        await using var server = new ServerUnderTest(FiveEvents);
        var body = string.Concat(Enumerable.Repeat(Line + "\n", 3)) + blanks + string.Concat(Enumerable.Repeat(Line + "\n", events - 3));
        var reply = await server.SendAsync("POST", "/events", body, "Content-Type: application/x-ndjson");
        Assert.That(reply.Status, Is.EqualTo(status));
        if (status == 201) return;
        Assert.That(reply.Problem, Does.StartWith($"Line {line}: a batch can hold at most 5 events"));
        Assert.That(reply.Json.GetProperty("line").GetInt32(), Is.EqualTo(line));
        Assert.That(server.Hub.HistoryBytes, Is.Zero, "a batch is refused as a whole");
        Assert.That(await server.RefusalsAsync("batch_events"), Is.EqualTo(1));
    }

    [TestCase(Line + "\n", 6, 413)]
    [TestCase("{}\n", 1, 400)]
    [TestCase("no JSON\n", 1, 400)]
    public async Task Error_is_reported_before_the_rest_arrives(string line, int count, int status)
    {
        await using var server = new ServerUnderTest(FiveEvents);
        var client = await BeginAsync(server, string.Concat(Enumerable.Repeat(line, count)));
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((status, "close")));
    }

    [Test]
    public async Task Rate_is_asked_before_the_rest_has_come()
    {
        await using var server = ServerOfRate(burst: 10);
        await server.PublishAsync("/events", "one of ten");
        var nine = await BeginAsync(server, string.Concat(Enumerable.Repeat(Line + "\n", 9)));
        var ten = await BeginAsync(server, string.Concat(Enumerable.Repeat(Line + "\n", 10)));
        var reply = await ten.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"], int.Parse(reply["Retry-After"]!) > 0), Is.EqualTo((429, "close", true)));
        Assert.That(await server.RefusalsAsync("publish_rate"), Is.EqualTo(1), "nine are within the rate");
        nine.Dispose();
    }

    [Test]
    public async Task Publisher_in_debt_need_not_send_a_batch()
    {
        await using var server = ServerOfRate(burst: 1);
        await server.PublishAsync("/events", "one");
        var client = await BeginAsync(server, "");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(429));
        Assert.That(await server.MetricAsync("sse_events_published_total"), Is.EqualTo(1));
    }

    // However the body is split, the events and the line of an error are the same.
    [TestCase("{\"data\":1}\n\r\n{\"data\":\"two\"}\r\n  \n{\"data\":[3]}", 3, 0)]
    [TestCase("\n{\"data\":1}\n{\"data\":2,}\n{\"data\":3}\n", 0, 3)]
    public async Task Lines_are_found_wherever_the_body_is_cut(string body, int count, int wrongLine)
    {
        await using var server = new ServerUnderTest();
        for (var cut = 1; cut < body.Length; cut++)
        {
            var client = await server.ConnectAsync();
            await client.SendAsync(Head(client, body.Length) + body[..cut]);
            // The server waits for the rest, or it has reported an error.
            await Eventually.HoldsAsync(
                () => server.Transport.Connections.ToArray().Any(one => one?.Waiting is DeadlineKind.Body or DeadlineKind.Linger),
                "the first part read");
            await client.SendAsync(body[cut..]);
            var reply = await client.ReadReplyAsync();
            var expected = wrongLine == 0 ? (201, count) : (400, wrongLine);
            var number = reply.Json.GetProperty(wrongLine == 0 ? "count" : "line").GetInt32();
            Assert.That((reply.Status, number), Is.EqualTo(expected), $"cut at {cut}");
            client.Dispose();
            await server.HasConnectionsAsync(0);
        }
    }

    // Lines are events or blank. The line of an event is looked up when its topic turns out to have ended.
    [Test]
    public void Line_of_each_event_is_known([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var context = PublishContext.Take();
        var lines = new BatchLines(context, EndpointOptions.Default);
        var expected = new List<int>();
        PublishRequest.Read(context.Parameters, PublishRequest.Form.Batch, EndpointOptions.Default, out var request);
        context.Request = request;
        context.Authorization = new AuthorizationResult(Identity.Anonymous, null) { Topics = TopicPatterns.Everything };
        for (var number = 1; number <= 200; number++)
        {
            var isBlank = random.Next(3) == 0;
            if (!isBlank) expected.Add(number);
            context.Body.Write(Encoding.ASCII.GetBytes(isBlank ? " \r\n" : Line + "\n"));
            if (random.Next(2) == 0) Assert.That(lines.Add(isLast: false), Is.Null);
        }

        Assert.That(lines.Add(isLast: true), Is.Null);
        Assert.That(Enumerable.Range(0, context.Batch.Count).Select(lines.LineOf), Is.EqualTo(expected));
        context.Return();
    }

    private static async Task<WireClient> BeginAsync(ServerUnderTest server, string begun)
    {
        var client = await server.ConnectAsync();
        await client.SendAsync(Head(client, 1_000_000) + begun);
        return client;
    }

    private static string Head(WireClient client, int length)
        => $"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Type: application/x-ndjson\r\nContent-Length: {length}\r\n\r\n";

    private static ServerUnderTest ServerOfRate(int burst)
        => new(EndpointOptions.Default with { Limits = new LimitOptions { PublishRate = 1, PublishBurst = burst } });
}
