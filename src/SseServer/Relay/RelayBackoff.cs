namespace SseServer.Relay;

/// <summary>How long a relay waits before it connects again. A function of values.</summary>
internal static class RelayBackoff
{
    /// <summary>The shortest wait, whatever the source asks for: ten connections a second are no attack.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A time between the reconnection time and its double after one failure, its fourfold after two and so on, but never above <paramref name="max"/>: no source is asked sooner than it
    /// wants, and relays that lost the same source come back spread over the whole range.
    /// </summary>
    /// <param name="retry">The reconnection time: the source's <c>retry:</c>, or the setting.</param>
    /// <param name="max">The longest wait; a longer reconnection time is cut to it.</param>
    /// <param name="failures">Connections that ended since one last brought an event, 1 or more.</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan Delay(TimeSpan retry, TimeSpan max, int failures, double random)
    {
        var least = Math.Clamp(retry.TotalMilliseconds, Math.Min(Least.TotalMilliseconds, max.TotalMilliseconds), max.TotalMilliseconds);
        var most = Math.Min(max.TotalMilliseconds, least * Math.Pow(2, Math.Min(failures, 32)));
        return TimeSpan.FromMilliseconds(least + (most - least) * random);
    }
}
