using System.Net;
using System.Text.Json;
using SseServer.Tests.Acceptance;
using SseServer.Tests.Endpoints;
using SseServer.Tests.History.Postgres;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>What one of several servers does for all: it counts their subscribers and runs the relays, and another takes over.</summary>
[Platform("Linux")]
internal sealed class ClusterTaskTests
{
    [Test]
    public async Task Subscribers_of_all_servers_are_counted_and_relays_run_once_and_move_when_their_server_dies()
    {
        var history = await PostgresHistory.CreateAsync();
        using var source = await ServerProcess.StartAsync();
        string[] settings =
        [
            $"--History:Url={history.Url}", "--Presence:Topics:0=room/*", $"--Relay:0:Url=http://{source.EndPoint}/events/up?since=all",
            "--Relay:0:Topic=down",
        ];
        using var one = await ServerProcess.StartAsync([.. settings, "--Server:NodeName=one"]);
        using var two = await ServerProcess.StartAsync([.. settings, "--Server:NodeName=two"]);
        using var first = await SubscribeAsync(one.EndPoint, "/events/room/a");
        using var second = await SubscribeAsync(two.EndPoint, "/events/room/a");
        var (owner, ownersName, other) = await OwnerOfRelaysAsync(one.EndPoint) == "one" ? (one, "one", two) : (two, "two", one);
        await SendAsync(source.EndPoint, "POST", "/events/up", "before");
        using var counts = await SubscribeAsync(other.EndPoint, "/events/%24presence/room/a?since=all");
        using var down = await SubscribeAsync(other.EndPoint, "/events/down?since=all");

        await ReadUntilAsync(counts, """{"topic":"room/a","subscribers":2}""");
        await ReadUntilAsync(down, "before");
        await owner.KillAsync();
        await SendAsync(source.EndPoint, "POST", "/events/up", "after");

        // Nothing comes twice: the new owner continues where the dead one stopped.
        Assert.That((await down.ReadEventAsync().Soon())?.Data, Is.EqualTo("after"));
        await ReadUntilAsync(counts, """{"topic":"room/a","subscribers":1}""");
        Assert.That(await OwnerOfRelaysAsync(other.EndPoint), Is.Not.EqualTo(ownersName));
    }

    [Test]
    public async Task Shed_of_all_servers_ends_the_streams_of_each()
    {
        var history = await PostgresHistory.CreateAsync();
        using var one = await ServerProcess.StartAsync($"--History:Url={history.Url}");
        using var two = await ServerProcess.StartAsync($"--History:Url={history.Url}");
        await OwnerOfRelaysAsync(one.EndPoint, nodes: 2);
        using var first = await SubscribeAsync(one.EndPoint, "/events/a");
        using var second = await SubscribeAsync(two.EndPoint, "/events/a");

        var reply = await SendAsync(one.EndPoint, "POST", "/admin/shed?percent=100&over=0s&nodes=all", "");

        Assert.That(reply, Is.EqualTo("{\"nodes\":2,\"over\":\"0s\"}\n"));
        foreach (var stream in new[] { first, second })
            await Assert.ThrowsAsync<IOException>(() => ReadUntilAsync(stream, "nothing more"), "A temporary end has no last chunk.");
    }

    private static async Task<string> SendAsync(IPEndPoint server, string method, string target, string body)
    {
        using var client = await WireClient.ConnectAsync(server);
        await client.RequestAsync(method, target, body);
        var reply = await client.ReadReplyAsync();
        Assert.That(reply.Status, Is.InRange(200, 202));
        return reply.Body;
    }

    // A stream that has its greeting.
    private static async Task<WireClient> SubscribeAsync(IPEndPoint server, string target)
    {
        var client = await WireClient.ConnectAsync(server);
        await client.RequestAsync("GET", target, body: (string?)null);
        Assert.That((await client.ReadHeadAsync()).Status, Is.EqualTo(200));
        Assert.That((await client.ReadBlockAsync())?.Name, Is.EqualTo("connected"));
        return client;
    }

    private static async Task ReadUntilAsync(WireClient stream, string data)
    {
        async Task ReadAsync()
        {
            while ((await stream.ReadBlockAsync() ?? throw new AssertionException("The stream ended.")).Data != data)
                ;
        }

        // Heartbeats keep a stream alive on which nothing comes.
        await ReadAsync().Soon();
    }

    // The servers tell each other once a second.
    private static async Task<string?> OwnerOfRelaysAsync(IPEndPoint server, int nodes = 0)
    {
        string? owner = null;
        await Eventually.HoldsAsync(
            () =>
            {
                using var list = JsonDocument.Parse(SendAsync(server, "GET", "/admin/nodes", "").GetAwaiter().GetResult());
                var all = list.RootElement.GetProperty("nodes");
                foreach (var node in all.EnumerateArray())
                    if (node.GetProperty("tasks").EnumerateArray().Any(task => task.GetString() == "relays"))
                        owner = node.GetProperty("name").GetString();
                return nodes > 0 ? all.GetArrayLength() == nodes : owner is not null;
            },
            "the servers know each other");
        return owner;
    }
}
