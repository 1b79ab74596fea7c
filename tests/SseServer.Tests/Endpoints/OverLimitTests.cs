using SseServer.Transport;

namespace SseServer.Tests.Endpoints;

/// <summary>Requests on connections over a limit: event streams are told when to retry, other clients get a status.</summary>
public sealed class OverLimitTests
{
    private static readonly TransportOptions OneInAll = new() { MaxConnections = 1 };
    private static readonly TransportOptions OneEach = new() { MaxConnectionsPerAddress = 1 };

    [TestCase(true)]
    [TestCase(false)]
    public async Task EventSource_is_told_to_retry_later(bool inAll)
    {
        await using var server = new ServerUnderTest(transport: inAll ? OneInAll : OneEach);
        var first = await server.SubscribeAsync("/events");
        var reply = await server.SendAsync("GET", "/events", null, "Accept: text/event-stream");
        Assert.That((reply.Status, reply["Content-Type"], reply["Connection"]), Is.EqualTo((200, "text/event-stream; charset=utf-8",
            "close")));
        Assert.That(reply.Body, Does.Match(@"^retry: [0-9]+\n\n$"));
        await server.HasConnectionsAsync(1);
        first.Finish();
        Assert.That(await first.ReadBlockAsync(), Is.Null, "the live stream stayed, and ends cleanly when its reader wants");
        TakeWarning(server, inAll);
    }

    [TestCase("GET", "/events", true, 503, "The server has reached its connection limit")]
    [TestCase("GET", "/healthz", true, 503, "The server has reached its connection limit")]
    [TestCase("POST", "/events", true, 503, "The server has reached its connection limit")]
    [TestCase("GET", "/events", false, 429, "Your address has reached its connection limit")]
    [TestCase("POST", "/events", false, 429, "Your address has reached its connection limit")]
    public async Task Others_get_a_status_and_a_time_to_try_again(string method, string target, bool inAll, int status, string sentence)
    {
        await using var server = new ServerUnderTest(transport: inAll ? OneInAll : OneEach);
        await server.SubscribeAsync("/events");
        var reply = await server.SendAsync(method, target, method == "POST" ? "x" : null);
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((status, "close")));
        Assert.That(int.Parse(reply["Retry-After"]!), Is.Positive);
        Assert.That(reply.Problem, Does.Contain(sentence));
        Assert.That(server.Hub.HistoryBytes, Is.Zero);
        TakeWarning(server, inAll);
    }

    // Only a GET can become a stream.
    [Test]
    public async Task Post_that_accepts_an_event_stream_gets_a_status_too()
    {
        await using var server = new ServerUnderTest(transport: OneInAll);
        await server.SubscribeAsync("/events");
        Assert.That((await server.SendAsync("POST", "/events", "x", "Accept: text/event-stream")).Status, Is.EqualTo(503));
        TakeWarning(server, true);
    }

    // Operators are warned about the limit of the server; a crowded address is normal.
    private static void TakeWarning(ServerUnderTest server, bool inAll)
    {
        Assert.That(server.Logs.Complaints.TryDequeue(out var warning), Is.EqualTo(inAll));
        if (inAll) Assert.That(warning, Does.Contain("1 connections are open; more are refused"));
    }
}
