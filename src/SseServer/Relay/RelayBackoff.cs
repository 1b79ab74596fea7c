namespace SseServer.Relay;

/// <summary>How long a relay waits before it connects again. Pure.</summary>
internal static class RelayBackoff
{
    /// <summary>The shortest wait, whatever the source asks for: ten connections a second are harmless.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Returns a time between the reconnection time and twice that after one failure, four times that after two and so on, but at most
    /// <paramref name="max"/>. So no source is asked sooner than it wants, and relays that lost the same source reconnect spread over the
    /// whole range.
    /// </summary>
    /// <param name="retry">The reconnection time: the source's <c>retry:</c>, or the setting.</param>
    /// <param name="max">The longest wait; a longer reconnection time is reduced to it.</param>
    /// <param name="failures">Connections that ended since the last event, 1 or more.</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan Delay(TimeSpan retry, TimeSpan max, int failures, double random)
    {
        var least = Math.Clamp(retry.TotalMilliseconds, Math.Min(Least.TotalMilliseconds, max.TotalMilliseconds), max.TotalMilliseconds);
        var most = Math.Min(max.TotalMilliseconds, least * Math.Pow(2, Math.Min(failures, 32)));
        return TimeSpan.FromMilliseconds(least + (most - least) * random);
    }
}
