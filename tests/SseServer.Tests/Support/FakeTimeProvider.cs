using System.Runtime.CompilerServices;

namespace SseServer.Tests.Support;

/// <summary>
/// A clock that a test advances. Timers run on the advancing thread in the order of their due times, and each sees its own due time. The
/// FakeTimeProvider of Microsoft.Extensions.TimeProvider.Testing runs all of them at the end of the step instead.
/// </summary>
internal sealed class FakeTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private DateTimeOffset _now = start;
    private TimeSpan _step;

    public FakeTimeProvider()
        : this(new(2025, 11, 22, 6, 48, 43, 123, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that starts with a whole second.</summary>
    public static FakeTimeProvider AtWholeSecond() => new(new(2025, 11, 22, 7, 28, 43, TimeSpan.Zero));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The number of running timers.</summary>
    public int TimerCount
    {
        get
        {
            lock (_gate) return _timers.Count;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now + _step;
    }

    public override long GetTimestamp()
    {
        lock (_gate) return _now.Ticks;
    }

    /// <summary>Sets the wall clock alone, forwards or back, as an administrator does. Timers and intervals do not notice.</summary>
    public void StepWallClock(TimeSpan by)
    {
        lock (_gate) _step += by;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Advances second by second until other threads have brought something about, as <see cref="Eventually.True"/>.</summary>
    public void AdvanceUntil(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") => Eventually.True(
        () =>
        {
            Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        what);

    public void Advance(TimeSpan span)
    {
        DateTimeOffset end;
        lock (_gate) end = _now + span;
        while (TakeDue(end) is { } timer) timer.Run();
        lock (_gate) _now = end;
    }

    private FakeTimer? TakeDue(DateTimeOffset end)
    {
        lock (_gate)
        {
            var timer = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
            if (timer is null) return null;
            if (timer.Due > _now) _now = timer.Due;
            if (timer.Period > TimeSpan.Zero) timer.Due += timer.Period;
            else _timers.Remove(timer);
            return timer;
        }
    }

    private sealed class FakeTimer(FakeTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Run() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime < TimeSpan.Zero) return true;
                Due = owner._now + dueTime;
                Period = period;
                owner._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (owner._gate) owner._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
