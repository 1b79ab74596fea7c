namespace SseServer.Tests.Hub.Support;

/// <summary>
/// A clock that the test moves. Timers that fall due fire on the thread that moves it, before <see cref="Advance"/> returns.
/// </summary>
internal sealed class HubTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2025, 11, 22, 7, 28, 43, TimeSpan.Zero);
    private long _timestamp = 1_000_000;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => Volatile.Read(ref _timestamp);

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_gate) _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves on; a timer that is due several times fires once for each.</summary>
    public void Advance(TimeSpan by)
    {
        var end = GetTimestamp() + (long)by.TotalMilliseconds;
        while (TakeNextDue(end) is { } timer) timer.Fire();
        MoveTo(end);
    }

    /// <summary>Sets the wall clock alone, forwards or back, as an administrator does.</summary>
    public void StepWallClock(TimeSpan by)
    {
        lock (_gate) _now += by;
    }

    private Timer? TakeNextDue(long end)
    {
        Timer? next = null;
        lock (_gate)
            foreach (var timer in _timers)
                if (timer.Due <= end && (next is null || timer.Due < next.Due)) next = timer;
        if (next is null) return null;
        MoveTo(next.Due);
        next.Due = next.Period > 0 ? next.Due + next.Period : long.MaxValue;
        return next;
    }

    private void MoveTo(long timestamp)
    {
        lock (_gate)
        {
            _now += TimeSpan.FromMilliseconds(timestamp - _timestamp);
            Volatile.Write(ref _timestamp, timestamp);
        }
    }

    private sealed class Timer(HubTime time, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; set; } = long.MaxValue;

        public long Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.GetTimestamp() + (long)dueTime.TotalMilliseconds;
            Period = period == Timeout.InfiniteTimeSpan ? 0 : (long)period.TotalMilliseconds;
            return true;
        }

        public void Dispose()
        {
            lock (time._gate) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
