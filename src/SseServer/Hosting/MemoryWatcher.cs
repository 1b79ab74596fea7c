using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseServer.Endpoints;
using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>
/// Reads the memory of the process each second, has the hub act as <see cref="MemoryPolicy"/> says, and updates
/// <see cref="ServerLoad"/>. Garbage is collected first, because the collector does not know the limit of this program. Unfinished bodies
/// are aborted next, and history is evicted last.
/// </summary>
internal sealed class MemoryWatcher(
    EventHub hub, BodyMemory bodies, MemoryWatcher.Machine machine, ServerLoad load, TimeProvider time,
    ILogger<MemoryWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A full collection stops the streams for up to some hundred milliseconds, and finds little if no history was evicted since the last.
    private static readonly TimeSpan CollectInterval = TimeSpan.FromSeconds(30);

    private MemoryPolicy.State _state = new(MemoryPressure.None, hub.Options.MaxHistoryBytes);
    private bool _hasEvicted = true;
    private long _collected;

    /// <summary>What the watcher knows of the machine, and how it collects garbage.</summary>
    /// <param name="Limit">Bytes that the process may use.</param>
    /// <param name="Used">Reads the bytes that it uses.</param>
    /// <param name="Collect">Collects garbage and returns its pages to the system.</param>
    public sealed record Machine(long Limit, Func<long> Used, Action Collect)
    {
        /// <summary>This process, with the limit that <see cref="LimitOf"/> returns.</summary>
        public static Machine This(long limit) => new(
            LimitOf(limit),
            () => Environment.WorkingSet,
            () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

        /// <summary>
        /// The limit that is set or, if it is 0, nine tenths of what the runtime sees: the memory of the container or the machine.
        /// </summary>
        public static long LimitOf(long limit) => limit > 0 ? limit : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 * 9;
    }

    /// <summary>Takes one reading and acts on it.</summary>
    internal void Sample()
    {
        var used = machine.Used();
        if (used >= machine.Limit && (_hasEvicted || time.GetElapsedTime(_collected) >= CollectInterval))
        {
            machine.Collect();
            (_hasEvicted, _collected) = (false, time.GetTimestamp());
            used = machine.Used();
        }

        // A publisher can send an unfinished body again, but evicted history is lost to subscribers.
        if (used >= machine.Limit) used -= bodies.GiveUp(used - machine.Limit + 1);
        var next = MemoryPolicy.Next(_state, used, machine.Limit, hub.HistoryBytes, hub.Options.MaxHistoryBytes);
        if (next.Pressure != _state.Pressure) HostingLog.MemoryPressureChanged(logger, next.Pressure, used, machine.Limit);
        _hasEvicted |= next.HistoryBytes < _state.HistoryBytes;
        if (next.HistoryBytes != _state.HistoryBytes) hub.BoundHistory(next.HistoryBytes);
        hub.Pressure = next.Pressure;
        load.Sample();
        _state = next;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Sample();
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
