using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>All clients reconnect at once after a network failure, far behind, while others receive live events.</summary>
internal sealed class ReplayStorm : Workload
{
    private const int EventsBehind = 1_000;
    private const int LiveStreams = 100;
    private const int LiveEventsPerSecond = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public override string Key => "replay";

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} clients reconnect at once with Last-Event-ID, each {EventsBehind:N0} events of 128 bytes behind. "
            + $"Meanwhile {LiveStreams} other streams get {LiveEventsPerSecond} events a second of another topic; their latency is "
            + "compared with the time before.";

    public override bool Suits(ServerKind kind) => kind.HasReplay;

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options);
        session.WarmUp();
        var history = new PublishedTopic("history");
        var start = PublishHistory(session, history);

        using var live = new Session(session);
        var liveTopic = new PublishedTopic("live");
        live.Open(LiveStreams, _ => liveTopic);
        var publisher = live.OpenPublisher();
        var before = new MeasuredWindow(session.Server, live.Ledger);
        PublishLive(options.Window / 2, before);
        before.End();
        var undisturbed = (P50: before.Latency("live p50", 0.5), P99: before.Latency("live p99", 0.99));

        var during = new MeasuredWindow(session.Server, live.Ledger);
        using var stop = new CancellationTokenSource();
        var thread = new Thread(() => PublishLive(Limit, during, stop.Token));
        thread.Start();
        var storm = new MeasuredWindow(session.Server, session.Ledger);
        var bytes = session.Ledger.Bytes;
        try
        {
            session.Open(Count(options), _ => history, start);
            session.Drain(Limit);
            storm.End(session.Ledger.LastAt);
        }
        finally
        {
            stop.Cancel();
            thread.Join();
        }
        live.Drain();
        during.End();
        return ([
            new Metric("caught up after", storm.Seconds * 1000, Unit.Milliseconds, HasRatio: true),
            new Metric("events replayed", storm.Delivered / storm.Seconds, Unit.PerSecond, HasRatio: true),
            new Metric("MB", (session.Ledger.Bytes - bytes) / 1e6 / storm.Seconds, Unit.PerSecond, HasRatio: true),
            .. storm.ServerCpu("event", storm.Delivered),
            undisturbed.P50,
            during.Latency("live p50 in the storm", 0.5),
            undisturbed.P99,
            during.Latency("live p99 in the storm", 0.99),
            during.PeakMemory(),
            .. storm.Load(),
        ], [.. session.Failures(), .. live.Failures()]);

        void PublishLive(TimeSpan time, MeasuredWindow window, CancellationToken cancellation = default)
            => Pace.AtRate(live.Loop, LiveEventsPerSecond, time, () => publisher.Post(liveTopic), window, cancellation);
    }

    /// <summary>Publishes what will be replayed, and learns the id after which it begins as a client would: from the stream.</summary>
    private static StreamStart PublishHistory(Session session, PublishedTopic history)
    {
        var witness = session.Open(1, _ => history, new StreamStart(KeepsEventId: true))[0];
        var publisher = session.OpenPublisher();
        publisher.Post(history);
        session.Drain();
        var start = new StreamStart(LastEventId: witness.LastEventId, NextNumber: history.Published);
        for (var i = 0; i < EventsBehind; i++)
        {
            publisher.Post(history);
            session.Loop.RunUntil(() => publisher.Outstanding < 32, Limit);
        }
        session.Drain();
        return start;
    }

    private static int Count(BenchOptions options) => options.Streams ?? (options.Short ? 500 : 5_000);
}
