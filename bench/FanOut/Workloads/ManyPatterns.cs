using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;
using SseServer.Bench.FanOut.Soak;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>Patterns that match every one of many topics come and go. Publishers must not notice.</summary>
internal sealed class ManyPatterns : Workload
{
    private const int Topics = 90_000;
    private const int BatchTopics = 5_000;
    private const string Prefix = "a/b/c/d/e/f/g/h";

    private static readonly TimeSpan PublishInterval = TimeSpan.FromMilliseconds(20);

    // Patterns are kept for a minute after their last reader.
    private static readonly TimeSpan Leaving = TimeSpan.FromSeconds(75);

    public override string Key => "patterns";

    public override bool IsOnDemand => true;

    public override bool Suits(ServerKind kind) => kind is SseServerKind;

    public override IReadOnlyList<string> Variants(ServerKind kind) => [", 64 patterns", ", 256 patterns"];

    public override string Describe(BenchOptions options)
        => $"{Topics:N0} topics of nine segments with an event each; patterns that match all of them are opened at once, read, "
            + $"and left for {Leaving.TotalSeconds:N0} s, while an event is published every {PublishInterval.TotalMilliseconds:N0} ms "
            + "to one of the topics.";

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(
        ServerKind kind, string variant, BenchOptions options)
        => RunAsync((SseServerKind)kind, variant.Contains("256", StringComparison.Ordinal) ? 256 : 64).GetAwaiter().GetResult();

    private static async Task<(IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures)> RunAsync(SseServerKind kind, int count)
    {
        using var server = new ServerProcess(kind.With("--Limits:MaxPatternsPerClient=1000", "--Topics:MaxPatterns=256"));
        using var client = new SoakClient(server.EndPoint);
        for (var first = 0; first < Topics; first += BatchTopics) await PublishTopicsAsync(client, first);
        var before = await MeasureAsync(client, Task.Delay(TimeSpan.FromSeconds(3)));
        var clock = Stopwatch.StartNew();
        var opening = OpenAsync(client, count);
        var whileOpening = await MeasureAsync(client, opening);
        var (streams, failures) = await opening;
        var opened = clock.Elapsed;
        var resident = server.Usage().ResidentBytes;
        var whileRead = await MeasureAsync(client, Task.Delay(TimeSpan.FromSeconds(5)));
        foreach (var stream in streams) stream.Dispose();
        var whileLeaving = await MeasureAsync(client, Task.Delay(Leaving));
        return ([
            new("publish max before", before, Unit.Milliseconds),
            new("all patterns open after", opened.TotalMilliseconds, Unit.Milliseconds),
            new("publish max while they open", whileOpening, Unit.Milliseconds),
            new("RSS", resident / 1e6, Unit.Megabytes),
            new("publish max while they are read", whileRead, Unit.Milliseconds),
            new("publish max after they left", whileLeaving, Unit.Milliseconds),
        ], failures);
    }

    private static Task<HttpStatusCode> PublishTopicsAsync(SoakClient client, int first)
    {
        var lines = new StringBuilder();
        for (var i = first; i < first + BatchTopics; i++)
            lines.Append(CultureInfo.InvariantCulture, $$"""{"topic":"{{Prefix}}/{{i}}","data":"x"}""").Append('\n');
        return client.SendAsync(
            "batches", HttpStatusCode.Created, HttpMethod.Post, "/events", lines.ToString(), CancellationToken.None,
            "application/x-ndjson");
    }

    /// <summary>
    /// Opens streams of patterns that differ in which of the eight leading segments are wildcards; returns when each is answered, or
    /// refuses to be within two minutes.
    /// </summary>
    private static async Task<(List<HttpResponseMessage> Streams, List<string> Failures)> OpenAsync(SoakClient client, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var streams = new List<HttpResponseMessage>();
        var failed = 0;
        await Task.WhenAll(Enumerable.Range(0, count).Select(async number =>
        {
            var segments = Prefix.Split('/').Select((segment, i) => (number >> i & 1) != 0 ? "*" : segment);
            try
            {
                var stream = await client.OpenAsync($"/events?topic={string.Join('/', segments)}/*", null, limit.Token);
                lock (streams) streams.Add(stream);
                if (stream.StatusCode != HttpStatusCode.OK) Interlocked.Increment(ref failed);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                Interlocked.Increment(ref failed);
            }
        }));
        return (streams, failed == 0 ? [] : [$"{failed} streams were not opened within two minutes"]);
    }

    /// <summary>Publishes until something is done; returns the longest wait for an answer, in milliseconds.</summary>
    private static async Task<double> MeasureAsync(SoakClient client, Task until)
    {
        var latency = new LatencySamples();
        for (var i = 0; !until.IsCompleted; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var path = $"/events/{Prefix}/{i * 997 % Topics}";
            await client.SendAsync("events", HttpStatusCode.Created, HttpMethod.Post, path, "y", CancellationToken.None);
            latency.Add(Stopwatch.GetTimestamp() - start);
            await Task.Delay(PublishInterval);
        }
        return latency.Microseconds(1) / 1e3;
    }
}
