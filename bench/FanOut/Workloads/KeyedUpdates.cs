using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>
/// Many values that change all the time, and some subscribers too slow for them, like a page of prices on bad links. With keys a slow
/// subscriber skips outdated values; without them it falls behind, as far as the history reaches.
/// </summary>
internal sealed class KeyedUpdates : Workload
{
    private const int Topics = 100;
    private const int KeysPerTopic = 10;
    private const int UpdatesPerSecond = 10_000;

    // All keys of all topics, ten times a second.
    private const int BatchesPerSecond = UpdatesPerSecond / (Topics * KeysPerTopic);
    private const int EventBytes = 64;

    // Five seconds of each topic: history is full before the window starts, so that memory grows only with subscribers.
    private const int KeptEvents = 500;

    // Each slow reader takes this much, once a second: about an eighth of what is published to its topic.
    private const int SlowBytes = 2_000;

    public override string Key => "keyed";

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} streams of {Topics} topics with {KeysPerTopic} keys each, a tenth of them so slow that they take "
            + $"{SlowBytes:N0} bytes a second; {UpdatesPerSecond:N0} updates of {EventBytes} bytes a second in {BatchesPerSecond} batches "
            + $"for {options.Window.TotalSeconds:N0} s, with keys and without.";

    public override bool Suits(ServerKind kind) => kind.HasTopics && kind.HasBatches;

    public override IReadOnlyList<string> Variants(ServerKind kind) => [", keys", ", no keys"];

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        var keys = variant == Variants(kind)[0] ? KeysPerTopic : 0;
        using var session = new Session(kind is SseServerKind ours ? ours.Keeping(KeptEvents) : kind, options, EventBytes);
        using var slow = new Session(session);
        session.WarmUp();
        var topics = Enumerable.Range(0, Topics).Select(number => new PublishedTopic($"keyed/{number}")).ToArray();
        session.Ledger.SampleEvery = slow.Ledger.SampleEvery = 16;
        session.Open(Count(options) - Count(options) / 10, i => topics[i % Topics], new StreamStart(Keys: keys));
        slow.Open(Count(options) / 10, i => topics[i % Topics], new StreamStart(Keys: keys, IsStalled: true, ReceiveBuffer: 4096));
        var publisher = session.OpenPublisher();
        Publish(options.WarmUp + TimeSpan.FromSeconds(KeptEvents / 100));

        var window = new MeasuredWindow(session.Server, session.Ledger);
        slow.Ledger.BeginMeasuring();
        var before = window.PeakBytes;
        Publish(options.Window, window);
        session.Drain();
        window.End();
        var late = slow.Ledger.Latencies.Microseconds(0.99);
        var after = slow.Streams.Select(stream => stream.NextNumber).ToArray();
        var delivered = slow.Ledger.Delivered;
        foreach (var stream in slow.Streams) stream.IsStalled = false;
        ReadAll(slow);
        return ([
            new Metric("deliveries", window.Delivered / window.Seconds, Unit.PerSecond),
            window.Latency("p50", 0.5),
            window.Latency("p99", 0.99),
            .. window.ServerCpu("delivery", window.Delivered),
            new Metric("RSS", window.PeakBytes / 1e6, Unit.Megabytes),
            new Metric("RSS grown", (window.PeakBytes - before) / 1e6, Unit.Megabytes),
            new Metric("slow: p99 age", late / 1e3, Unit.Milliseconds),
            new Metric("slow: updates each behind at the last update", slow.Streams
                .Select((stream, i) => stream.Topic.Published - after[i]).Average(), Unit.Count),
            new Metric("slow: events each after it", (slow.Ledger.Delivered - delivered) / (double)after.Length, Unit.Count),
            new Metric("slow: of them behind the last skip, median", keys == 0 ? double.NaN : slow.Streams
                .Select(stream => stream.SinceSkip).Order().ElementAt(slow.Streams.Count / 2), Unit.Count),
            new Metric("slow: lost with a gap", slow.Ledger.LostAnnounced, Unit.Count),
            .. window.Load(),
        ], [.. session.Failures(), .. slow.Failures()]);

        void Publish(TimeSpan time, MeasuredWindow? sampled = null)
        {
            // The batches' schedule paces the slow readers too: a tenth of them each time.
            var turn = 0;
            Pace.AtRate(session.Loop, BatchesPerSecond, time, () =>
            {
                publisher.PostUpdates(topics, KeysPerTopic, keys);
                for (var i = turn++ % BatchesPerSecond; i < slow.Streams.Count; i += BatchesPerSecond)
                    slow.Streams[i].ReadSome(slow.Loop.Buffer.AsSpan(0, SlowBytes));
            }, sampled);
        }
    }

    // Edges that came while the readers stood still are gone: each is read once by hand, the rest comes by the loop.
    private static void ReadAll(Session slow)
    {
        foreach (var stream in slow.Streams)
            if (!stream.IsClosed) stream.OnReady(slow.Loop.Buffer);
        slow.Drain();
    }

    private static int Count(BenchOptions options) => options.Streams ?? 10_000;
}
