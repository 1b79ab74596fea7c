using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseServer.Endpoints;
using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>
/// Looks each second at how much memory the process has, and has the hub do what <see cref="MemoryPressure"/> says; with it goes the look at how full the server is (<see cref="ServerLoad"/>). Before history goes, garbage does:
/// the collector is asked for it, since it knows nothing of a limit that is this program's own. Then unfinished bodies go.
/// </summary>
internal sealed class MemoryWatcher(
    EventHub hub, BodyMemory bodies, MemoryWatcher.Machine machine, ServerLoad load, TimeProvider time,
    ILogger<MemoryWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A full collection stops the streams for up to some hundred milliseconds; without history newly shed there is little for it to find.
    private static readonly TimeSpan CollectInterval = TimeSpan.FromSeconds(30);

    private MemoryPressure.State _state = new(MemoryPressure.Level.None, hub.Options.MaxHistoryBytes);
    private bool _hasShed = true;
    private long _collected;

    /// <summary>What the watcher sees of the machine, and how it has garbage collected.</summary>
    /// <param name="Limit">Bytes that the process may use.</param>
    /// <param name="Used">Reads the bytes it uses.</param>
    /// <param name="Collect">Collects garbage, and gives its pages back.</param>
    public sealed record Machine(long Limit, Func<long> Used, Action Collect)
    {
        /// <summary>This process, within a limit that is set, or else within nine tenths of what the runtime sees: its container's memory or the machine's.</summary>
        public static Machine This(long limit) => new(
            LimitOf(limit),
            () => Environment.WorkingSet,
            () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

        /// <summary>The limit that is set, or else nine tenths of what the runtime sees.</summary>
        public static long LimitOf(long limit) => limit > 0 ? limit : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 * 9;
    }

    /// <summary>Takes one reading and acts on it.</summary>
    internal void Look()
    {
        var used = machine.Used();
        if (used >= machine.Limit && (_hasShed || time.GetElapsedTime(_collected) >= CollectInterval))
        {
            machine.Collect();
            (_hasShed, _collected) = (false, time.GetTimestamp());
            used = machine.Used();
        }

        // A body that is not whole yet can be sent again, and history that is shed is lost to its readers.
        if (used >= machine.Limit) used -= bodies.GiveUp(used - machine.Limit + 1);
        var next = MemoryPressure.Next(_state, used, machine.Limit, hub.HistoryBytes, hub.Options.MaxHistoryBytes);
        if (next.Level != _state.Level) HostingLog.MemoryPressureChanged(logger, next.Level, used, machine.Limit);
        _hasShed |= next.HistoryBytes < _state.HistoryBytes;
        if (next.HistoryBytes != _state.HistoryBytes) hub.BoundHistory(next.HistoryBytes);
        hub.Pressure = next.Level;
        load.Look();
        _state = next;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
