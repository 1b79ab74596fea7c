using System.Diagnostics;
using System.Globalization;
using System.Net;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Fuzzing;

/// <summary>Damaged requests over connections, while a stream of the same server continues undisturbed.</summary>
public sealed class ServerFuzzTests
{
    private const string Watched = "/events/watched";

    // Many at once, because some wait: bytes after the request for a stream are checked by the sweep once a second.
    private const int RequestsAtOnce = 5;

    private static readonly int Clients = Scale.IsLong ? 400 : 50;

    // The server under test checks, when it is disposed, that nothing is logged and nothing is left over.
    [Test]
    public async Task Live_stream_continues_during_damaged_requests([Range(1, 3)] int seed)
    {
        await using var server = new ServerUnderTest(time: TimeProvider.System);
        await SendAsync(server.EndPoint, seed, requests: 1_000, afterBatch: _ => { });
        await server.HasConnectionsAsync(0);
    }

    [Test]
    public async Task Process_keeps_its_memory_through_damaged_requests()
    {
        var total = Scale.IsLong ? 200_000 : 1_000;
        var resident = new List<long>();
        using var process = Start();
        var endPoint = await ReadEndPointAsync(process);
        var log = process.StandardOutput.ReadToEndAsync();
        try
        {
            await SendAsync(endPoint, seed: 4, total, sent =>
            {
                process.Refresh();
                resident.Add(process.WorkingSet64 / 1024 / 1024);
                if (sent % 20_000 == 0) TestContext.Out.WriteLine($"{sent} requests, {resident[^1]} MB");
            });
            Assert.That(process.HasExited, Is.False);
        }
        finally
        {
            process.Kill();
        }

        var notable = (await log).Split('\n').Where(line => line.Contains(" ERR ", StringComparison.Ordinal)
            || line.Contains(" FTL ", StringComparison.Ordinal) || line.Contains(" WRN ", StringComparison.Ordinal));
        Assert.That(notable.Where(line => !line.Contains("Limit \"", StringComparison.Ordinal)), Is.Empty);
        if (Scale.IsLong) AssertFlat(resident);
    }

    /// <summary>After each batch an event is published, which must be the next one on the live stream.</summary>
    private static async Task SendAsync(IPEndPoint endPoint, int seed, int requests, Action<int> afterBatch)
    {
        var clients = Enumerable.Range(0, Clients).Select(client => new DamagedTraffic(endPoint, (seed * Clients) + client)).ToArray();
        using var reader = await WireClient.ConnectAsync(endPoint);
        using var publisher = await WireClient.ConnectAsync(endPoint);
        await reader.RequestAsync("GET", Watched);
        await reader.ReadHeadAsync();
        Assert.That((await reader.ReadEventAsync())!.Name, Is.EqualTo("connected"));

        for (var sent = 0; sent < requests;)
        {
            await Task.WhenAll(clients.Select(client => Task.Run(() => client.SendAsync(RequestsAtOnce))));
            sent += Clients * RequestsAtOnce;
            var number = sent.ToString(CultureInfo.InvariantCulture);
            await publisher.RequestAsync("POST", Watched, number);
            Assert.That((await publisher.ReadReplyAsync()).Status, Is.EqualTo(201));
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo(number));
            afterBatch(sent);
        }

        // Otherwise there would be too little damage, or too much to pass the parser.
        Assert.That(clients.Sum(client => client.Served), Is.GreaterThan(requests / 20));
        Assert.That(clients.Sum(client => client.Refused), Is.GreaterThan(requests / 20));
    }

    /// <summary>
    /// The first quarter fills caches and history; from then on the maximum must not grow, apart from the garbage collector's variation.
    /// </summary>
    private static void AssertFlat(List<long> resident)
    {
        var quarter = resident.Count / 4;
        var early = resident.Skip(quarter).Take(quarter).Max();
        var late = resident.TakeLast(quarter).Max();
        TestContext.Out.WriteLine($"At most {early} MB in the second quarter and {late} MB in the last");
        Assert.That(late, Is.LessThanOrEqualTo(early + Math.Max(8, early / 10)));
    }

    // History has a low bound, so that it is full long before the first quarter ends.
    private static Process Start()
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), "--listen", "127.0.0.1:0",
                "--Retention:MaxTotalBytes=4MB", "--Retention:MaxEvents=100", "--Topics:MaxTopics=500",
            ])
        {
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private static async Task<IPEndPoint> ReadEndPointAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync().Soon() is { } line)
        {
            const string Before = "Listening on \"";
            var at = line.IndexOf(Before, StringComparison.Ordinal);
            if (at >= 0) return IPEndPoint.Parse(line[(at + Before.Length)..^1]);
        }

        throw new InvalidOperationException("The server ended before it listened.");
    }
}
