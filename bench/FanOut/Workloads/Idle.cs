using System.Diagnostics;
using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>Streams on which nothing happens: what one costs, and how fast they come.</summary>
internal sealed class Idle : Workload
{
    public override string Key => "idle";

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} streams open one after another, {Settle(options).TotalSeconds:N0} s pass, nothing is published. Memory "
            + "is the process's own, without the kernel's socket buffers.";

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options);
        session.WarmUp();
        session.Loop.RunFor(Settle(options) / 2);
        var atRest = session.Server.Usage(proportional: true);

        var count = Count(options);
        var topic = new PublishedTopic("idle");
        var start = Stopwatch.GetTimestamp();
        session.Open(count, _ => topic);
        var opening = Stopwatch.GetElapsedTime(start);
        var opened = session.Server.Usage();
        session.Loop.RunFor(Settle(options));
        var holding = session.Server.Usage(proportional: true);
        return ([
            new Metric("streams opened", count / opening.TotalSeconds, Unit.PerSecond, HasRatio: true),
            new Metric("CPU per opening", (opened.User + opened.System - atRest.User - atRest.System).TotalMicroseconds / count,
                Unit.Microseconds, HasRatio: true),
            new Metric("RSS at rest", atRest.ResidentBytes / 1e6, Unit.Megabytes, HasRatio: true),
            new Metric("RSS with streams", holding.ResidentBytes / 1e6, Unit.Megabytes, HasRatio: true),
            new Metric("RSS per stream", (double)(holding.ResidentBytes - atRest.ResidentBytes) / count, Unit.Bytes, HasRatio: true),
            new Metric("PSS per stream", (double)(holding.ProportionalBytes - atRest.ProportionalBytes) / count, Unit.Bytes),
        ], session.Failures());
    }

    private static int Count(BenchOptions options) => options.Streams ?? 10_000;

    // Longer than one heartbeat interval of a full run, so that their cost is in.
    private static TimeSpan Settle(BenchOptions options) => TimeSpan.FromSeconds(options.Short ? 2 : 20);
}
