namespace SseServer.Hub;

/// <summary>How long a client is told to wait before it reconnects. EventSource has no backoff of its own, so the server paces it.</summary>
internal static class RetryPacing
{
    /// <summary>A reconnection time spread evenly over the half around <paramref name="mean"/>, so that clients cut together do not come back together.</summary>
    /// <param name="mean">The reconnection time to spread.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int Jitter(TimeSpan mean, double random) => (int)Math.Clamp(mean.TotalMilliseconds * (0.75 + random * 0.5), 1, int.MaxValue);

    /// <summary>The seconds of a <c>Retry-After</c> (RFC 9110 section 10.2.3), never too short and spread over two thirds more, as wide as <see cref="Jitter"/> spreads.</summary>
    /// <param name="atLeast">Before this another try makes no sense.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Seconds, at least 1.</returns>
    public static int AfterSeconds(TimeSpan atLeast, double random)
        => (int)Math.Clamp(Math.Ceiling(atLeast.TotalSeconds * (1 + random * 2 / 3)), 1, int.MaxValue);
}
