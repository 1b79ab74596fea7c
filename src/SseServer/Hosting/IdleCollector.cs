using Microsoft.Extensions.Hosting;

namespace SseServer.Hosting;

/// <summary>
/// Gives memory back after a storm. Thousands of clients that connect at once leave the garbage of their requests behind, and a server that then only
/// streams allocates so little that the collector would not run for hours. So once a lot was allocated and it has become quiet, one full
/// collection compacts the heap and returns its pages. A busy server never gets here: it collects by itself.
/// </summary>
internal sealed class IdleCollector(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // The garbage of some thousand connections.
    private const long WorthwhileBytes = 8 * 1024 * 1024;

    // A hundredth of a gigabyte a minute: heartbeats and a trickle of publishes.
    private const long QuietBytes = 256 * 1024;

    // Compacting a larger heap would stop the streams for more than some hundred milliseconds.
    private const long MaxHeapBytes = 512 * 1024 * 1024;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var collected = 0L;
        var last = 0L;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var allocated = GC.GetTotalAllocatedBytes();
                var isQuiet = allocated - last < QuietBytes;
                last = allocated;
                if (!isQuiet || allocated - collected < WorthwhileBytes || GC.GetTotalMemory(false) > MaxHeapBytes) continue;
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                collected = last = GC.GetTotalAllocatedBytes();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
