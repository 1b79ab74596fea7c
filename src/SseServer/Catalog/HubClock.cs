namespace SseServer.Catalog;

/// <summary>
/// The engine's clocks: one that only measures intervals, for timeouts, and the wall clock, for ids and ages. Any thread.
/// </summary>
internal sealed class HubClock(TimeProvider time)
{
    private readonly long _ticksPerMillisecond = time.TimestampFrequency / 1000;
    private long _offset;

    public TimeProvider Time { get; } = time;

    /// <summary>Milliseconds of a clock that is never set. Only differences mean something.</summary>
    public long Milliseconds => Time.GetTimestamp() / _ticksPerMillisecond;

    /// <summary>The wall clock, in UTC.</summary>
    public DateTimeOffset Now => Time.GetUtcNow() + Offset;

    /// <summary>The wall clock, in milliseconds since 1970, UTC.</summary>
    public long UnixMilliseconds => Now.ToUnixTimeMilliseconds();

    /// <summary>How far the clock that assigns ids is ahead of this machine's: the clock of a database that servers share.</summary>
    public TimeSpan Offset
    {
        get => new(Volatile.Read(ref _offset));
        set => Volatile.Write(ref _offset, value.Ticks);
    }
}
