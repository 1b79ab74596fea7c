using System.Diagnostics;
using SseServer.Bench.FanOut.Linux;
using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>The differences between two moments: time, deliveries, and the processor time of the server and of the load.</summary>
internal sealed class MeasuredWindow
{
    private readonly ServerProcess _server;
    private readonly DeliveryLedger _ledger;
    private readonly ProcessUsage _before;
    private readonly ProcessUsage _loadBefore;
    private readonly TimeSpan _delayBefore = ProcessUsage.ReadRunDelay();
    private readonly long _deliveredBefore;
    private readonly long _start;
    private ProcessUsage _after;
    private ProcessUsage _loadAfter;
    private TimeSpan _delayAfter;
    private long _end;

    public MeasuredWindow(ServerProcess server, DeliveryLedger ledger)
    {
        (_server, _ledger) = (server, ledger);
        ledger.BeginMeasuring();
        _deliveredBefore = ledger.Delivered;
        _loadBefore = ProcessUsage.ReadOne(Environment.ProcessId);
        _before = _after = server.Usage();
        _start = Stopwatch.GetTimestamp();
        PeakBytes = _before.ResidentBytes;
    }

    public long Delivered { get; private set; }

    public double Seconds => Stopwatch.GetElapsedTime(_start, _end).TotalSeconds;

    /// <summary>The most resident memory seen.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Looks at the server's memory.</summary>
    public void Sample() => PeakBytes = Math.Max(PeakBytes, _server.Usage().ResidentBytes);

    /// <summary>Ends the window, at <paramref name="endedAt"/> (Stopwatch ticks) or here.</summary>
    public void End(long endedAt = 0)
    {
        Sample();
        _end = endedAt == 0 ? Stopwatch.GetTimestamp() : endedAt;
        _after = _server.Usage();
        _loadAfter = ProcessUsage.ReadOne(Environment.ProcessId);
        _delayAfter = ProcessUsage.ReadRunDelay();
        Delivered = _ledger.Delivered - _deliveredBefore;
    }

    /// <summary>The server's processor time for each of <paramref name="count"/> things.</summary>
    public IEnumerable<Metric> ServerCpu(string what, long count)
    {
        var user = (_after.User - _before.User).TotalMicroseconds / count;
        var system = (_after.System - _before.System).TotalMicroseconds / count;
        yield return new Metric($"CPU per {what}", user + system, Unit.Microseconds, HasRatio: true);
        yield return new Metric("of it user", user, Unit.Microseconds, HasRatio: true);
        yield return new Metric("of it kernel", system, Unit.Microseconds);
    }

    /// <summary>
    /// How busy the load was, of one core, and how long it was ready to run without having one. Where either is high, the load is the limit
    /// and latencies are its own.
    /// </summary>
    public IEnumerable<Metric> Load()
    {
        yield return new Metric("load's CPU",
            100 * (_loadAfter.User + _loadAfter.System - _loadBefore.User - _loadBefore.System).TotalSeconds / Seconds, Unit.Percent);
        yield return new Metric("load waited for a core", 100 * (_delayAfter - _delayBefore).TotalSeconds / Seconds, Unit.Percent);
    }

    public IEnumerable<Metric> Latencies()
    {
        yield return Latency("p50", 0.5);
        yield return Latency("p99", 0.99);
        yield return Latency("p99.9", 0.999) with { HasRatio = false };
        yield return Latency("max", 1) with { HasRatio = false };
    }

    /// <summary>The latency that <paramref name="share"/> (0 to 1) of the deliveries did not exceed.</summary>
    public Metric Latency(string name, double share) => new(name, _ledger.Latencies.Microseconds(share), Unit.Microseconds, HasRatio: true);

    public Metric PeakMemory() => new("RSS", PeakBytes / 1e6, Unit.Megabytes, HasRatio: true);
}
