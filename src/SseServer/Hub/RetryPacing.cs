namespace SseServer.Hub;

/// <summary>How long a client is told to wait before it reconnects. EventSource has no backoff of its own, so the server paces it.</summary>
internal static class RetryPacing
{
    /// <summary>A reconnection time spread evenly over the half around <paramref name="mean"/>, so that clients cut together do not come back together.</summary>
    /// <param name="mean">The reconnection time to spread.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int Jitter(TimeSpan mean, double random) => Math.Max(1, (int)(mean.TotalMilliseconds * (0.75 + random * 0.5)));
}
