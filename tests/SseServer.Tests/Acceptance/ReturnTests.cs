using SseServer.Hosting;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Acceptance;

/// <summary>
/// No client is told to reconnect to a stopping server before its successor can listen: a proxy would answer 502, after which an
/// EventSource does not come back at all.
/// </summary>
public sealed class ReturnTests
{
    private const string EventSource = "Accept: text/event-stream";

    private static readonly DrainOptions Drain = new() { Period = TimeSpan.FromSeconds(5), RestartAllowance = TimeSpan.FromSeconds(20) };

    [Test]
    public async Task Streams_that_end_one_by_one_return_after_the_restart()
    {
        await using var server = new ServerUnderTest();
        var clients = new List<WireClient>();
        for (var i = 0; i < 40; i++) clients.Add(await server.SubscribeAsync("/events"));

        var stop = server.StopAsync(Drain);
        for (var second = 0; second <= 4; second++)
        {
            await server.HasStreamsAsync(second == 4 ? 0 : 40 - 2 * (5 * second + 1));
            foreach (var client in clients.Where(client => client.HasNews).ToList())
            {
                var retry = TimeSpan.FromMilliseconds(int.Parse((await client.ReadBlockAsync())!.Retry!));
                Assert.That(TimeSpan.FromSeconds(second) + retry, Is.InRange(Drain.Absence, Drain.Absence + TimeSpan.FromSeconds(2.6)));
                Assert.That(await client.ReadBlockAsync(), Is.Null);
                client.Dispose();
                clients.Remove(client);
            }

            // After the last second what remains would be cut off.
            if (second < 4) server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(clients, Is.Empty);
        await stop;
    }

    [TestCase(0)]
    [TestCase(3)]
    public async Task Who_comes_during_the_drain_is_told_to_come_after_the_restart(int passed)
    {
        await using var server = new ServerUnderTest(transport: new TransportOptions { MaxConnections = 2 });
        var slow = await server.ConnectAsync();
        await slow.SendAsync($"POST /events HTTP/1.1\r\nHost: {slow.Authority}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        await slow.ReadHeadAsync();
        var stop = server.StopAsync(Drain);
        server.Time.Advance(TimeSpan.FromSeconds(passed));
        var atLeast = Drain.Absence - TimeSpan.FromSeconds(passed);

        Assert.That(RetryOf(await server.SendAsync("GET", "/events", null, EventSource)), Is.GreaterThanOrEqualTo(atLeast));
        await server.HasConnectionsAsync(1);
        foreach (var (method, target) in new[] { ("GET", "/events"), ("POST", "/events/a"), ("DELETE", "/events/a") })
        {
            var reply = await server.SendAsync(method, target, method == "POST" ? "x" : null);
            Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((503, "close")), method);
            Assert.That(TimeSpan.FromSeconds(int.Parse(reply["Retry-After"]!)), Is.GreaterThanOrEqualTo(atLeast), method);
            Assert.That(reply.Problem, Does.Contain("shutting down"));
            await server.HasConnectionsAsync(1);
        }

        var other = await server.ConnectAsync();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 2, "as many connections as there may be");
        var refused = await server.SendAsync("GET", "/events", null, EventSource);
        Assert.That(RetryOf(refused), Is.GreaterThanOrEqualTo(atLeast), "also one connection too many");
        Assert.That(server.Logs.Complaints.TryDequeue(out var warning), Is.True);
        Assert.That(warning, Does.Contain("2 connections are open"));
        other.Dispose();

        await slow.SendAsync("data");
        Assert.That((await slow.ReadReplyAsync()).Status, Is.EqualTo(201), "what began before is finished");
        slow.Dispose();
        await stop;
        Assert.That(server.Hub.TopicCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Where_others_take_the_clients_they_return_as_ever_and_nobody_else_is_let_in()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        var stop = server.StopAsync(Drain with { ClosesListener = true });
        Assert.That(int.Parse((await client.ReadBlockAsync())!.Retry!), Is.InRange(2250, 3750));
        Assert.That(async () => await server.ConnectAsync(), Throws.InstanceOf<System.Net.Sockets.SocketException>());
        client.Dispose();
        await stop;
    }

    private static TimeSpan RetryOf(WireReply reply)
    {
        Assert.That((reply.Status, reply["Content-Type"]), Is.EqualTo((200, "text/event-stream; charset=utf-8")));
        Assert.That(reply.Body, Does.Match(@"^retry: \d+\n\n$"));
        return TimeSpan.FromMilliseconds(int.Parse(reply.Body["retry: ".Length..^2]));
    }
}
