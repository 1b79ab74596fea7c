using SseServer.Catalog;

namespace SseServer.Delivery;

/// <summary>
/// Ends streams over a period: all of them before a stop (a drain), or a share of them to move their clients to other nodes (a shed). Each
/// stream gets a last reconnection time that spreads the clients' return. Any thread.
/// </summary>
internal sealed class Shedder(HubOptions options, HubClock clock, ReconnectionTimes times, FanOut fanOut) : IDisposable
{
    // Far below a second, the unit of the return rate. 100,000 streams over 4 s are 2,500 a step: some ten milliseconds of sends.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private ITimer? _timer;

    /// <summary>
    /// Ends all streams cleanly, evenly over a period; those that join later end at once. Replaces a shed. A drain cannot be undone.
    /// </summary>
    /// <param name="period">From the first end to the last; zero for all at once.</param>
    /// <param name="absence">From now until the server is back: no client reconnects before. Zero if other servers take the
    /// clients.</param>
    public void BeginDrain(TimeSpan period, TimeSpan absence = default)
    {
        lock (_gate)
            if (times.Plan is not { IsDrain: true }) BeginUnderGate(100, period, isDrain: true, absence);
    }

    /// <summary>Ends a share of the streams as a drain does; replaces a shed that is under way. False while the server drains.</summary>
    /// <param name="percent">1 to 100.</param>
    /// <param name="period">The time over which they end; zero for all at once.</param>
    /// <param name="streams">How many will end, including those that end by themselves before.</param>
    public bool TryShed(int percent, TimeSpan period, out int streams)
    {
        streams = 0;
        lock (_gate)
        {
            if (times.Plan is { IsDrain: true }) return false;
            streams = BeginUnderGate(percent, period, isDrain: false, absence: default);
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate) StopUnderGate();
    }

    private int BeginUnderGate(int percent, TimeSpan period, bool isDrain, TimeSpan absence)
    {
        var parts = ShedPlan.PartsOf(fanOut.StreamsByShard(), percent);
        var streams = parts.Sum();
        var mean = times.Mean;
        var plan = new ShedPlan
        {
            IsDrain = isDrain,
            Begin = clock.Milliseconds,
            PeriodMilliseconds = (long)period.TotalMilliseconds,
            MeanRetry = mean,
            Stretch = RetryPacing.Stretch(streams, period, options.ReturnRate, mean, options.MaxReconnectionTime),
            Parts = parts,
            BackAt = absence > TimeSpan.Zero ? clock.Milliseconds + (long)absence.TotalMilliseconds : 0,
            Returns = RetryPacing.Stretch(streams, TimeSpan.Zero, options.ReturnRate, mean, options.MaxReconnectionTime),
        };
        times.Plan = plan;
        fanOut.Begin(plan);
        _timer?.Dispose();
        _timer = period > TimeSpan.Zero ? clock.Time.CreateTimer(static self => ((Shedder)self!).TakeStep(), this, Step, Step) : null;
        return streams;
    }

    // The timer only exists while a plan is under way.
    private void TakeStep()
    {
        lock (_gate)
        {
            if (_timer is null) return;
            var isOver = times.Plan!.IsOver(clock.Milliseconds);
            fanOut.RequestStep();
            if (isOver) StopUnderGate();
        }
    }

    private void StopUnderGate()
    {
        _timer?.Dispose();
        _timer = null;
    }
}
