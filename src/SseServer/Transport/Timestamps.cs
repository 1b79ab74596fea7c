namespace SseServer.Transport;

/// <summary>Moments and spans in the timestamps of a clock.</summary>
internal static class Timestamps
{
    /// <summary>The timestamp that lies <paramref name="span"/> ahead.</summary>
    public static long GetTimestampAfter(this TimeProvider time, TimeSpan span) => time.GetTimestamp() + time.ToTicks(span);

    /// <summary>The span in the clock's ticks.</summary>
    public static long ToTicks(this TimeProvider time, TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
