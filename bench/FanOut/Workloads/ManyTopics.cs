using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>A topic for each stream and events for random ones of them: messages to single users.</summary>
internal sealed class ManyTopics : Workload
{
    private const int EventsPerSecond = 2_000;

    public override string Key => "topics";

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} streams, each of its own topic; {EventsPerSecond:N0} events of 128 bytes a second go to random topics "
            + $"for {options.Window.TotalSeconds:N0} s.";

    public override bool Suits(ServerKind kind) => kind.HasTopics;

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options);
        session.WarmUp();
        var topics = Enumerable.Range(0, Count(options)).Select(i => new PublishedTopic($"topic{i}")).ToArray();
        var random = new Random(options.Seed);
        session.Open(topics.Length, i => topics[i]);
        var publisher = session.OpenPublisher();
        Pace.AtRate(session.Loop, EventsPerSecond, options.WarmUp, Publish);
        session.Drain();

        var window = new MeasuredWindow(session.Server, session.Ledger);
        Pace.AtRate(session.Loop, EventsPerSecond, options.Window, Publish, window);
        session.Drain();
        window.End();
        return ([
            new Metric("deliveries", window.Delivered / window.Seconds, Unit.PerSecond),
            .. window.Latencies(),
            .. window.ServerCpu("event", window.Delivered),
            window.PeakMemory(),
            .. window.Load(),
        ], session.Failures());

        void Publish() => publisher.Post(topics[random.Next(topics.Length)]);
    }

    private static int Count(BenchOptions options) => options.Streams ?? 10_000;
}
