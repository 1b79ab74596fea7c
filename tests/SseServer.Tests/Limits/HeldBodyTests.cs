using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Limits;

/// <summary>Unfinished bodies over real connections: they stay within their bound, and shut out no publisher.</summary>
public sealed class HeldBodyTests
{
    private const int Kilobyte = 1024;

    // A refused peer that does not read must not be cut off while the clock moves.
    private static readonly TransportOptions Patient = new() { LingerTimeout = TimeSpan.FromHours(1) };

    private const int Size = 60 * Kilobyte;

    private static readonly string Large = new('x', Size);

    // For each way to publish: the media type, the beginning of an unfinished body, a whole body, and what the server holds of the
    // beginning.
    private static readonly TestCaseData[] Formats =
    [
        Format("text/plain", Large, Large, 2 * Size, "text"),
        Format("application/octet-stream", Large, Large, 2 * Size, "binary"),
        Format("application/x-ndjson", $"{{\"data\":\"{Large}", $"{{\"data\":\"{Large}\"}}\n", 2 * (Size + 9), "a batch within a line"),
        Format("application/x-ndjson", $"{{\"data\":\"{Large}\"}}\n", $"{{\"data\":\"{Large}\"}}\n", 64 * Kilobyte, "a batch after a line"),
        Format("text/event-stream", $"data: {Large}", $"data: {Large}\n\n", 2 * (Size + 6), "a stream within a line"),
        Format("text/event-stream", $"data: {Large}\n", $"data: {Large}\n\n", 2 * (Size + 1), "a stream within an event"),
        Format("text/event-stream", $"event: {Large}\nid: {Large}\n", $"data: {Large}\n\n", 4 * Size,
            "a stream within an event of a long name"),
    ];

    [TestCaseSource(nameof(Formats))]
    public async Task Publisher_gets_through_while_another_client_holds_all_there_is(string type, string begun, string whole, int held)
    {
        await using var server = Server(maxBodyMemory: 1024 * Kilobyte);
        var attackers = await AttackAsync(server, 33, type, begun, held);
        Assert.That(server.Application.Bodies.HeldBytes, Is.InRange(500 * Kilobyte, 1024 * Kilobyte), "it stays within the bound");

        var reply = await server.SendAsync("POST", "/events", whole, $"Content-Type: {type}", "Authorization: Bearer good-key-0123456789");
        Assert.That(reply.Status, Is.EqualTo(201), reply.Body);
        await AssertToldAsync(server, attackers, 503);
    }

    [TestCaseSource(nameof(Formats))]
    public async Task Publisher_gets_through_against_slow_bodies_of_his_own_client(string type, string begun, string whole, int held)
    {
        await using var server = Server(maxBodyMemory: 1024 * Kilobyte);
        var attackers = await AttackAsync(server, 33, type, begun, held);
        // Only a body that has been read for a while is given up for another of its client.
        server.Time.Advance(BodyMemory.Grace);
        var reply = await server.SendAsync("POST", "/events", whole, $"Content-Type: {type}", "Authorization: Bearer slow-key-0123456789");
        Assert.That(reply.Status, Is.EqualTo(201), reply.Body);
        await AssertToldAsync(server, attackers, 503);
    }

    [Test]
    public async Task Client_at_its_own_bound_is_refused_and_others_are_not()
    {
        await using var server = Server(maxBodyMemory: 2048 * Kilobyte, maxPerClient: 512 * Kilobyte);
        var attackers = await AttackAsync(server, 33, "text/plain", Large, 2 * Size);
        Assert.That(server.Application.Bodies.HeldBytes, Is.InRange(250 * Kilobyte, 512 * Kilobyte));
        Assert.That(await server.RefusalsAsync("body_memory_per_client"), Is.GreaterThan(20));
        Assert.That(await server.RefusalsAsync("body_memory"), Is.Zero);
        var reply = await server.SendAsync("POST", "/events", Large, "Authorization: Bearer good-key-0123456789");
        Assert.That(reply.Status, Is.EqualTo(201));
        await AssertToldAsync(server, attackers, 429);
    }

    // A body that keeps arriving is not given up for others, or none of several large publishers would ever finish.
    [Test]
    public async Task Body_that_has_just_begun_does_not_give_way_to_its_own_client()
    {
        await using var server = Server(maxBodyMemory: 300 * Kilobyte);
        var first = await BeginAsync(server, "slow", "text/plain", Large, 2 * Large.Length);
        await HoldsAsync(server, 1);
        var second = await BeginAsync(server, "slow", "text/plain", Large, 2 * Large.Length);
        await HoldsAsync(server, 2);
        var third = await server.SendAsync("POST", "/events", Large + Large, "Authorization: Bearer slow-key-0123456789");
        Assert.That((third.Status, int.Parse(third["Retry-After"]!) > 0), Is.EqualTo((503, true)));
        await first.SendAsync(new byte[16]);
        foreach (var client in new[] { first, second }) client.Dispose();
    }

    [Test]
    public async Task Body_that_fits_into_no_room_is_too_large()
    {
        await using var server = Server(maxBodyMemory: 100 * Kilobyte);
        var reply = await server.SendAsync("POST", "/events", Large, "Authorization: Bearer good-key-0123456789");
        Assert.That(reply.Status, Is.EqualTo(413));
        Assert.That(reply.Problem, Does.Contain("Limits:MaxBodyMemory"));
    }

    // A long stream holds nothing between its events, however large one of them was.
    [Test]
    public async Task Stream_holds_nothing_between_its_events()
    {
        await using var server = Server(maxBodyMemory: 1024 * Kilobyte);
        var publisher = await BeginAsync(server, "slow", "text/event-stream", $"data: {Large}\n", null);
        await HoldsAsync(server, 1);
        await publisher.SendChunkAsync("\n");
        await Eventually.HoldsAsync(() => server.Application.Bodies.HeldBytes == 0, "nothing held");
        await publisher.SendAsync("0\r\n\r\n");
        Assert.That((await publisher.ReadReplyAsync()).Status, Is.EqualTo(201));
    }

    [TestCaseSource(nameof(Formats))]
    public async Task Unfinished_bodies_go_first_when_memory_is_short(string type, string begun, string whole, int held)
    {
        await using var server = Server(maxBodyMemory: 0);
        var attackers = await AttackAsync(server, 8, type, begun, held);
        Assert.That(server.Application.Bodies.GiveUp(4 * held), Is.EqualTo(4 * held));
        Assert.That(server.Application.Bodies.HeldBytes, Is.EqualTo(4 * held));
        var good = await server.SendAsync("POST", "/events", whole, $"Content-Type: {type}", "Authorization: Bearer good-key-0123456789");
        Assert.That(good.Status, Is.EqualTo(201));
        server.Application.Bodies.GiveUp(long.MaxValue);
        Assert.That(server.Application.Bodies.HeldBytes, Is.Zero);
        foreach (var attacker in attackers)
        {
            var reply = await attacker.ReadReplyAsync();
            Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((503, "close")));
            Assert.That(reply.Problem, Does.Contain("memory"));
        }

        foreach (var attacker in attackers) attacker.Dispose();
        Assert.That(await server.RefusalsAsync("memory"), Is.EqualTo(8));
    }

    [Test]
    public async Task Body_given_up_over_and_over_gives_back_what_it_held()
    {
        await using var server = Server(maxBodyMemory: 0);
        for (var i = 0; i < 50; i++)
        {
            var client = await BeginAsync(server, "slow", "text/plain", Large, 2 * Large.Length);
            await HoldsAsync(server, 1);
            // The rest arrives while the body is given up: there is one response, whichever is first.
            var rest = client.SendAsync(new string('y', Large.Length));
            server.Application.Bodies.GiveUp(long.MaxValue);
            Assert.That((await client.ReadReplyAsync()).Status, Is.AnyOf(201, 503));
            client.Dispose();
            await rest.ContinueWith(static _ => { }, TaskScheduler.Default);
            await Eventually.HoldsAsync(() => server.Application.Bodies.HeldBytes == 0, "nothing held");
        }
    }

    private static ServerUnderTest Server(long maxBodyMemory, long maxPerClient = 0) => new(
        EndpointOptions.Default with
        {
            Limits = new LimitOptions { MaxBodyMemory = maxBodyMemory, MaxBodyMemoryPerClient = maxPerClient },
            HasOpenMetrics = true,
        },
        transport: Patient,
        auth: AuthOptions.Default with { Keys = [Key("good"), Key("slow")] });

    private static StaticKey Key(string name)
        => new() { Name = name, Secret = name + "-key-0123456789", Publish = TopicPatterns.Everything };

    private static TestCaseData Format(string type, string begun, string whole, int held, string name)
        => new TestCaseData(type, begun, whole, held).SetArgDisplayNames(name);

    private static Task HoldsAsync(ServerUnderTest server, int bodies)
        => Eventually.HoldsAsync(() => server.Application.Bodies.HeldBytes >= bodies * 2L * Large.Length, $"{bodies} bodies held");

    // Unfinished bodies, each sent as soon as the previous one has been read.
    private static async Task<List<WireClient>> AttackAsync(ServerUnderTest server, int count, string type, string begun, int held)
    {
        var attackers = new List<WireClient>();
        for (var i = 0; i < count; i++)
        {
            attackers.Add(await BeginAsync(server, "slow", type, begun, type == "text/event-stream" ? null : 1_000_000));
            for (var looks = 0; server.Application.Bodies.HeldBytes != held * (i + 1 - await RefusalsAsync(server)); looks++)
                Assert.That(looks, Is.LessThan(100_000), "the body is neither held nor refused");
        }

        return attackers;
    }

    private static async Task<double> RefusalsAsync(ServerUnderTest server)
        => await server.RefusalsAsync("body_memory") + await server.RefusalsAsync("body_memory_per_client");

    private static async Task<WireClient> BeginAsync(ServerUnderTest server, string key, string type, string begun, int? length)
    {
        var client = await server.ConnectAsync();
        var framing = length is null ? "Transfer-Encoding: chunked" : $"Content-Length: {length}";
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nAuthorization: Bearer {key}-key-0123456789\r\n");
        await client.SendAsync($"Content-Type: {type}\r\n{framing}\r\n\r\n");
        if (length is null) await client.SendChunkAsync(begun);
        else await client.SendAsync(begun);
        return client;
    }

    // The bodies that were given up get the status and Retry-After; the others still hold their memory.
    private static async Task AssertToldAsync(ServerUnderTest server, List<WireClient> attackers, int status)
    {
        var refused = (int)await RefusalsAsync(server);
        Assert.That(refused, Is.InRange(1, attackers.Count));
        var reads = attackers.Select(attacker => attacker.ReadReplyAsync()).ToList();
        await Eventually.HoldsAsync(() => reads.Count(read => read.IsCompleted) == refused, $"{refused} answers");
        foreach (var read in reads.Where(read => read.IsCompleted))
        {
            var reply = await read;
            Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((status, "close")));
            Assert.That(int.Parse(reply["Retry-After"]!), Is.Positive);
        }

        foreach (var attacker in attackers) attacker.Dispose();
        foreach (var read in reads) await read.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
    }
}
