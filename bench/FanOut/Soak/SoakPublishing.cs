using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace SseServer.Bench.FanOut.Soak;

/// <summary>The publishing side of a soak: topics that change every minute, keys, ends, batches, and requests that are refused.</summary>
internal sealed class SoakPublishing(SoakClient client, int seed, CancellationToken cancellation)
{
    /// <summary>The topic whose events carry the time of their publishing.</summary>
    public const string ProbeTopic = "soak/probe";

    // About a hundred events a second in all: a tenth of a core, so that what grows shows before what is slow.
    private const int ChangingTopics = 40;
    private const int MaxBytes = 64 * 1024;
    private const int BatchEvents = 40;
    private const int Keys = 500;
    private const string BatchType = "application/x-ndjson";

    private static readonly string Filler = new('x', MaxBytes);

    /// <summary>The parts, each of which runs until the soak is over.</summary>
    public IEnumerable<Task> Start() =>
    [
        Soaking.RunAsync(client, "probe", 10, ProbeAsync, cancellation),
        Soaking.RunAsync(client, "changing topics", 30, ChangingAsync, cancellation),
        Soaking.RunAsync(client, "keys", 20, KeyedAsync, cancellation),
        Soaking.RunAsync(client, "batches", 0.5, BatchAsync, cancellation),
        Soaking.RunAsync(client, "ends", 0.5, FiniteAsync, cancellation),
        Soaking.RunAsync(client, "refusals", 1, RefusedAsync, cancellation),
    ];

    /// <summary>The path of a changing topic at this moment; readers choose among the same ones.</summary>
    public static string ChangingTopic(Random random) => $"soak/minute-{Environment.TickCount64 / 60_000}/{random.Next(ChangingTopics)}";

    private Task ProbeAsync(long round)
        => PostAsync("probes", $"/events/{ProbeTopic}", Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture));

    // Sizes whose logarithm is even: most are small, some need a segment of their own.
    private Task ChangingAsync(long round)
    {
        var random = RandomOf(round);
        var length = (int)Math.Pow(2, 3 + random.NextDouble() * 13);
        var id = random.Next(4) == 0 ? $"&id=own-{seed}-{round}" : "";
        return PostAsync("events", $"/events?topic={ChangingTopic(random)}{id}", Filler[..length]);
    }

    // A key lives for a while, then none of its name comes again.
    private Task KeyedAsync(long round)
    {
        var random = RandomOf(round);
        var key = round / 2_000 * Keys + random.Next(Keys);
        return PostAsync("keyed events", $"/events/soak/keyed/{random.Next(4)}?key=k{key}", Filler[..random.Next(16, 600)]);
    }

    private Task BatchAsync(long round)
    {
        var random = RandomOf(round);
        var lines = new StringBuilder();
        for (var i = 0; i < BatchEvents; i++)
        {
            var data = Filler.AsSpan(0, random.Next(1, 2_000));
            lines.Append(CultureInfo.InvariantCulture, $$"""{"topic":"{{ChangingTopic(random)}}","data":"{{data}}"}""").Append('\n');
        }
        return PostAsync("batches", "/events", lines.ToString(), type: BatchType);
    }

    private async Task FiniteAsync(long round)
    {
        var path = $"/events/soak/job/{seed}-{round}";
        for (var i = 0; i < 4; i++) await PostAsync("events", path, $"step {i}");
        await PostAsync("ends", path + "?final=1", "done");
        await PostAsync("events after an end", path, "late", HttpStatusCode.Conflict);
        using var stream = await client.OpenAsync(path + "?since=all", null, cancellation);
        // It ends by itself.
        await stream.Content.LoadIntoBufferAsync(cancellation);
        client.Count("finite streams read to the end");
    }

    private Task RefusedAsync(long round) => (round % 5) switch
    {
        0 => PostAsync("bad names", "/events/a/../b//c*", "x", HttpStatusCode.BadRequest),
        1 => client.SendAsync("unknown paths", HttpStatusCode.NotFound, HttpMethod.Get, "/nothing/here", null, cancellation),
        2 => client.SendAsync("wrong methods", HttpStatusCode.MethodNotAllowed, HttpMethod.Patch, "/events/soak", "x", cancellation),
        3 => PostAsync("bad batches", "/events", "{\"topic\":1}\n{", HttpStatusCode.BadRequest, BatchType),
        _ => BrokenAsync(),
    };

    // A request that stops in the middle, and bytes that are none.
    private async Task BrokenAsync()
    {
        string[] texts =
        [
            "POST /events/soak/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf",
            "\u0016\u0003\u0001 no HTTP\r\n\r\n",
        ];
        foreach (var text in texts)
        {
            using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await socket.ConnectAsync(client.EndPoint, cancellation);
            await socket.SendAsync(Encoding.Latin1.GetBytes(text), cancellation);
            await Task.Delay(50, cancellation);
        }
        client.Count("broken requests", 2);
    }

    private Task<HttpStatusCode> PostAsync(
        string what, string path, string body, HttpStatusCode expected = HttpStatusCode.Created, string type = "text/plain")
        => client.SendAsync(what, expected, HttpMethod.Post, path, body, cancellation, type);

    private Random RandomOf(long round) => new(HashCode.Combine(seed, round));
}
