using System.Diagnostics;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;
using SseServer.Bench.FanOut.Soak;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>A little of everything for hours: what grows, and what becomes slower.</summary>
internal sealed class Soak : Workload
{
    // History at its bound within minutes, and topics that go away while the soak runs.
    private static readonly string[] Settings =
    [
        "--Retention:MaxTotalBytes=16MB", "--Retention:MaxAge=10m", "--Retention:MaxKeys=1000", "--Topics:EndedLinger=10m",
        "--Streams:StalledTimeout=45s",
    ];

    // Compilers, pools and history settle first.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LineInterval = TimeSpan.FromMinutes(1);

    public override string Key => "soak";

    public override bool IsOnDemand => true;

    public override bool Suits(ServerKind kind) => kind is SseServerKind;

    public override string Describe(BenchOptions options)
        => $"For {options.Soak.TotalMinutes:N0} minutes about a hundred events a second of 8 bytes to 64 KB, to topics that change every "
            + $"minute, with keys and ends and in batches, to {Count(options):N0} streams that come, go and resume, half of them of "
            + "patterns, and 10 that do not read; refused and broken requests beside them. History is bounded by 16 MB and 10 minutes.";

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(
        ServerKind kind, string variant, BenchOptions options)
    {
        using var server = new ServerProcess(((SseServerKind)kind).With(Settings));
        using var client = new SoakClient(server.EndPoint);
        using var end = new CancellationTokenSource();
        var parts = new SoakPublishing(client, options.Seed, end.Token).Start()
            .Concat(new SoakReading(client, options.Seed, Count(options), end.Token).Start()).ToList();
        var samples = new SoakSamples();
        SampleAsync(server, client, samples, options).GetAwaiter().GetResult();
        end.Cancel();
        Task.WhenAll(parts).GetAwaiter().GetResult();
        Console.WriteLine();
        foreach (var (what, count) in client.Counts().OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Console.WriteLine($"    {count,9:N0} {what}");
        foreach (var grown in samples.Grown()) Console.WriteLine($"    higher at the end: {grown}");
        var unexpected = client.Counts().Where(pair => pair.Key.Contains(':')).Select(pair => $"{pair.Value:N0} {pair.Key}");
        return (Metrics(samples), [.. unexpected]);
    }

    private static async Task SampleAsync(ServerProcess server, SoakClient client, SoakSamples samples, BenchOptions options)
    {
        var clock = Stopwatch.StartNew();
        var nextLine = TimeSpan.Zero;
        var settling = options.Soak / 5 < Settling ? options.Soak / 5 : Settling;
        while (clock.Elapsed < options.Soak)
        {
            await Task.Delay(SampleInterval);
            var seen = clock.Elapsed < settling ? new SoakSamples() : samples;
            seen.Add(clock.Elapsed, await client.MetricsAsync(CancellationToken.None), server.Usage().ResidentBytes, client.TakeLatency());
            if (clock.Elapsed < nextLine) continue;
            nextLine = clock.Elapsed + LineInterval;
            Console.WriteLine();
            Console.Write($"    {seen.Last()}");
            if (options.Output is not { } folder) continue;
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "soak.csv"), samples.ToCsv());
        }
    }

    private static List<Metric> Metrics(SoakSamples samples)
    {
        var metrics = new List<Metric>();
        foreach (var isEnd in (bool[])[false, true])
        {
            var when = isEnd ? "end" : "start";
            metrics.Add(new($"p50 {when}", samples.Median(SoakSamples.P50, isEnd), Unit.Microseconds));
            metrics.Add(new($"p99 {when}", samples.Median(SoakSamples.P99, isEnd), Unit.Microseconds));
            metrics.Add(new($"RSS {when}", samples.Median(SoakSamples.Resident, isEnd) / 1e6, Unit.Megabytes));
            metrics.Add(new($"least heap {when}", samples.Least("dotnet_gc_heap_bytes", isEnd) / 1e6, Unit.Megabytes));
            metrics.Add(new($"history {when}", samples.Median("sse_history_bytes", isEnd) / 1e6, Unit.Megabytes));
        }
        return metrics;
    }

    private static int Count(BenchOptions options) => options.Streams ?? 60;
}
