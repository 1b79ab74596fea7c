using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>Many streams of one topic and a slow publisher: a notification service on a usual day.</summary>
internal sealed class Steady : Workload
{
    private const int EventsPerSecond = 10;

    public override string Key => "steady";

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} streams of one topic, {EventsPerSecond} events of 128 bytes a second for "
            + $"{options.Window.TotalSeconds:N0} s.";

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options);
        session.WarmUp();
        var topic = new PublishedTopic("steady");
        session.Open(Count(options), _ => topic);
        var publisher = session.OpenPublisher();
        Pace.AtRate(session.Loop, EventsPerSecond, options.WarmUp, () => publisher.Post(topic));
        session.Drain();

        var window = new MeasuredWindow(session.Server, session.Ledger);
        Pace.AtRate(session.Loop, EventsPerSecond, options.Window, () => publisher.Post(topic), window);
        session.Drain();
        window.End();
        return ([
            new Metric("deliveries", window.Delivered / window.Seconds, Unit.PerSecond),
            .. window.Latencies(),
            .. window.ServerCpu("delivery", window.Delivered),
            window.PeakMemory(),
            .. window.Load(),
        ], session.Failures());
    }

    private static int Count(BenchOptions options) => options.Streams ?? 10_000;
}
