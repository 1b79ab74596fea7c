namespace SseServer.Endpoints;

/// <summary>Lets one log line pass in an interval and counts the others, so that an attack fills no log. Safe on any thread.</summary>
internal sealed class LogThrottle(TimeProvider time, TimeSpan interval)
{
    private long _due = long.MinValue;
    private long _passedOver;

    /// <summary>Whether a line may be written; then <paramref name="count"/> is the number of lines it stands for, itself included.</summary>
    public bool TryPass(out long count)
    {
        var now = time.GetTimestamp();
        var due = Volatile.Read(ref _due);
        count = 0;
        if (now < due || Interlocked.CompareExchange(ref _due, now + (long)(interval.TotalSeconds * time.TimestampFrequency), due) != due)
        {
            Interlocked.Increment(ref _passedOver);
            return false;
        }

        count = Interlocked.Exchange(ref _passedOver, 0) + 1;
        return true;
    }
}
