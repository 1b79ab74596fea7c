using System.Diagnostics;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text;
using StackExchange.Redis;

namespace SseServer.Bench.Cluster;

/// <summary>Publishers and a subscriber, over real sockets.</summary>
internal static class Load
{
    private const int Connections = 64;
    private const int BatchConnections = 12;
    private const int BatchEvents = 100;

    private static readonly string Data = new('x', 128);

    /// <summary>Acknowledged events a second, posted one by one on 64 connections over all servers.</summary>
    public static Task<double> SinglesAsync(Processes processes, TimeSpan period)
        => PostAsync(processes, period, Connections, 1, () => new StringContent(Data, Encoding.UTF8, "text/plain"));

    /// <summary>The same in batches of 100, on 12 connections.</summary>
    public static Task<double> BatchesAsync(Processes processes, TimeSpan period)
    {
        var lines = string.Concat(Enumerable.Repeat($"{{\"data\":\"{Data}\"}}\n", BatchEvents));
        return PostAsync(
            processes, period, BatchConnections, BatchEvents, () => new StringContent(lines, Encoding.UTF8, "application/x-ndjson"));
    }

    /// <summary>Entries a second that Redis has added to a stream and written to its disk, with 64 callers.</summary>
    public static async Task<double> RedisAsync(Processes processes, TimeSpan period)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{processes.Port}");
        var database = redis.GetDatabase();
        var count = 0L;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async i =>
        {
            while (Stopwatch.GetElapsedTime(start) < period)
            {
                await database.StreamAddAsync($"t{i % 8}", "data", Data);
                Interlocked.Increment(ref count);
            }
        }));
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>
    /// Milliseconds from just before a POST at the first server to the event's arrival at a subscriber of the last one, at 1,000 events a
    /// second: the median and the 99th percentile.
    /// </summary>
    public static async Task<(double Median, double P99)> LatencyAsync(Processes processes, TimeSpan period)
    {
        using var client = Client();
        using var stop = new CancellationTokenSource();
        var samples = new List<double>();
        var connected = new TaskCompletionSource();
        var reading = ReadAsync(client, new(processes.Servers[^1], "/events/latency"), samples, connected, stop.Token);
        await connected.Task;
        var target = new Uri(processes.Servers[0], "/events/latency");
        var total = (int)(period.TotalSeconds * 1000);
        var start = Stopwatch.GetTimestamp();
        var posts = new List<Task>(total);
        for (var sent = 0; sent < total;)
        {
            // By the schedule, whatever the server does.
            var due = Math.Min(total, (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * 1000));
            for (; sent < due; sent++) posts.Add(PostNowAsync(client, target));
            await Task.Delay(1);
        }

        await Task.WhenAll(posts);
        for (var waited = 0; samples.Count < total && waited < 200; waited++) await Task.Delay(10);
        await stop.CancelAsync();
        await reading;
        if (samples.Count < total) throw new InvalidOperationException($"Only {samples.Count} of {total} events came.");
        samples.Sort();
        return (samples[total / 2], samples[total * 99 / 100]);
    }

    private static async Task PostNowAsync(HttpClient client, Uri target)
    {
        using var content = new StringContent(Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture));
        using var response = await client.PostAsync(target, content);
        response.EnsureSuccessStatusCode();
    }

    private static async Task ReadAsync(
        HttpClient client, Uri target, List<double> samples, TaskCompletionSource connected, CancellationToken stop)
    {
        try
        {
            await using var stream = await client.GetStreamAsync(target, stop);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(stop))
            {
                if (item.EventType == "connected") connected.SetResult();
                else if (long.TryParse(item.Data, CultureInfo.InvariantCulture, out var sent))
                    samples.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // All events have come.
        }
    }

    private static async Task<double> PostAsync(
        Processes processes, TimeSpan period, int connections, int events, Func<HttpContent> content)
    {
        using var client = Client();
        var count = 0L;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async i =>
        {
            var target = new Uri(processes.Servers[i % processes.Servers.Count], $"/events/t{i % 8}");
            while (Stopwatch.GetElapsedTime(start) < period)
            {
                using var body = content();
                using var response = await client.PostAsync(target, body);
                response.EnsureSuccessStatusCode();
                Interlocked.Add(ref count, events);
            }
        }));
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static HttpClient Client() => new(new SocketsHttpHandler { MaxConnectionsPerServer = 256, UseProxy = false });
}
