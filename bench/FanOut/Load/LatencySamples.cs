using System.Diagnostics;

namespace SseServer.Bench.FanOut.Load;

/// <summary>
/// Every latency as it was measured, in steps of 0.1 µs up to 429 s. Sorted once it is asked for: percentiles are exact, not bucketed.
/// </summary>
internal sealed class LatencySamples
{
    private static readonly double StepsPerTick = 10_000_000.0 / Stopwatch.Frequency;

    private uint[] _steps = new uint[1 << 16];
    private bool _sorted;

    public int Count { get; private set; }

    /// <summary>Records a latency in <see cref="Stopwatch"/> ticks.</summary>
    public void Add(long ticks)
    {
        if (Count == _steps.Length) Array.Resize(ref _steps, Count * 2);
        _steps[Count++] = (uint)Math.Clamp(ticks * StepsPerTick, 0, uint.MaxValue);
        _sorted = false;
    }

    public void Clear() => Count = 0;

    /// <summary>
    /// The smallest latency that at least <paramref name="share"/> (0 to 1) of all samples do not exceed, in microseconds.
    /// </summary>
    public double Microseconds(double share)
    {
        if (Count == 0) return double.NaN;
        if (!_sorted) Array.Sort(_steps, 0, Count);
        _sorted = true;
        return _steps[Math.Clamp((int)Math.Ceiling(share * Count) - 1, 0, Count - 1)] / 10.0;
    }
}
