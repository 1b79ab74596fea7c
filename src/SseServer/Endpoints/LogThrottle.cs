namespace SseServer.Endpoints;

/// <summary>Allows one log message per interval and counts the others, so that an attack cannot fill the log. Safe on any thread.</summary>
internal sealed class LogThrottle(TimeProvider time, TimeSpan interval)
{
    private long _due = long.MinValue;
    private long _suppressed;

    /// <summary>
    /// Returns whether a message may be written; <paramref name="count"/> is then the number of messages that it stands for, itself
    /// included.
    /// </summary>
    public bool TryPass(out long count)
    {
        var now = time.GetTimestamp();
        var due = Volatile.Read(ref _due);
        count = 0;
        var next = now + (long)(interval.TotalSeconds * time.TimestampFrequency);
        if (now < due || Interlocked.CompareExchange(ref _due, next, due) != due)
        {
            Interlocked.Increment(ref _suppressed);
            return false;
        }

        count = Interlocked.Exchange(ref _suppressed, 0) + 1;
        return true;
    }
}
