using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>Some readers stop reading. The others must not notice, and the server's memory must not grow.</summary>
internal sealed class StalledReaders : Workload
{
    private const int EventsPerSecond = 50;
    private const int EventBytes = 1_000;

    public override string Key => "stalled";

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} streams of one topic, {EventsPerSecond} events of {EventBytes:N0} bytes a second for "
            + $"{options.Window.TotalSeconds:N0} s; then as long again beside {Stalled(options):N0} more streams that read nothing.";

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options, EventBytes);
        session.WarmUp();
        var topic = new PublishedTopic("stalled");
        session.Open(Count(options), _ => topic);
        var publisher = session.OpenPublisher();
        Publish(options.WarmUp);
        session.Drain();

        var window = new MeasuredWindow(session.Server, session.Ledger);
        Publish(options.Window, window);
        session.Drain();
        window.End();
        var undisturbed = (P50: window.Latency("p50", 0.5), P99: window.Latency("p99", 0.99), window.PeakBytes);

        // The smallest receive buffer, so that the readers stall at once.
        session.Open(Stalled(options), _ => topic, new StreamStart(IsStalled: true, ReceiveBuffer: 4096));
        window = new MeasuredWindow(session.Server, session.Ledger);
        Publish(options.Window, window);
        session.Drain();
        window.End();
        var disturbed = window.Latency("p99 beside them", 0.99);
        return ([
            undisturbed.P50,
            window.Latency("p50 beside them", 0.5),
            undisturbed.P99,
            disturbed,
            .. window.ServerCpu("delivery", window.Delivered),
            new Metric("RSS", undisturbed.PeakBytes / 1e6, Unit.Megabytes, HasRatio: true),
            new Metric("RSS grown beside them", (window.PeakBytes - undisturbed.PeakBytes) / 1e6, Unit.Megabytes),
            .. window.Load(),
        ], session.Failures());

        void Publish(TimeSpan time, MeasuredWindow? sampled = null)
            => Pace.AtRate(session.Loop, EventsPerSecond, time, () => publisher.Post(topic), sampled);
    }

    private static int Count(BenchOptions options) => options.Streams ?? 1_000;

    private static int Stalled(BenchOptions options) => Math.Max(1, Count(options) / 100);
}
