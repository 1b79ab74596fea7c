using System.Diagnostics;
using SseServer.Bench.FanOut.Load;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>When to publish.</summary>
internal static class Pace
{
    /// <summary>
    /// Calls <paramref name="publish"/> at a fixed rate, on a schedule that what the server does cannot shift: a delivery that comes late
    /// does not make the next event late too, so waiting is not left out of the latencies.
    /// </summary>
    public static void AtRate(LoadLoop loop, double perSecond, TimeSpan time, Action publish, MeasuredWindow? window = null,
        CancellationToken stop = default)
    {
        var start = Stopwatch.GetTimestamp();
        var sampled = start;
        var count = (long)(perSecond * time.TotalSeconds);
        for (long published = 0; published < count && !stop.IsCancellationRequested; published++)
        {
            var due = start + (long)(published / perSecond * Stopwatch.Frequency);
            while (true)
            {
                var left = due - Stopwatch.GetTimestamp();
                if (left <= 0) break;
                // Never a wait of 0, which would take a core for itself: above 1,000 events a second some leave together.
                loop.RunOnce((int)Math.Clamp(left * 1000 / Stopwatch.Frequency, 1, 10));
            }
            publish();
            if (window is null || Stopwatch.GetElapsedTime(sampled).TotalMilliseconds < 250) continue;
            window.Sample();
            sampled = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Calls <paramref name="publish"/> whenever <paramref name="mayPublish"/>, for a time.</summary>
    public static void AsFastAsItGoes(LoadLoop loop, TimeSpan time, Func<bool> mayPublish, Action publish, MeasuredWindow? window = null)
    {
        var start = Stopwatch.GetTimestamp();
        var sampled = start;
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            // In small portions, so that what was sent is also received.
            var portion = 0;
            while (portion < 16 && mayPublish())
            {
                publish();
                portion++;
            }
            loop.RunOnce(portion == 0 ? 1 : 0);
            if (window is null || Stopwatch.GetElapsedTime(sampled).TotalMilliseconds < 250) continue;
            window.Sample();
            sampled = Stopwatch.GetTimestamp();
        }
    }
}
