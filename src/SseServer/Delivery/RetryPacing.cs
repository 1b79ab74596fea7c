namespace SseServer.Delivery;

/// <summary>
/// How long clients wait before they reconnect. EventSource has no backoff of its own, so the server paces it. Pure functions.
/// </summary>
internal static class RetryPacing
{
    // A usual alarm threshold for disks and connections: below it there is room for new clients.
    private const double HighLoad = 0.8;

    // Two doublings: as a client with a backoff of its own after two failed tries.
    private const double MaxFactor = 4;

    /// <summary>The shortest reconnection time, as a fraction of the mean.</summary>
    public const double Nearest = 0.75;

    private const double Farthest = 1.25;

    private const double Width = Farthest - Nearest;

    /// <summary>
    /// A reconnection time, spread evenly from 75 to 125 % of <paramref name="mean"/>, so that clients cut together do not return together.
    /// </summary>
    /// <param name="mean">The reconnection time to spread.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int Jitter(TimeSpan mean, double random)
        => (int)Math.Clamp(mean.TotalMilliseconds * (Nearest + random * Width), 1, int.MaxValue);

    /// <summary>
    /// The seconds of a <c>Retry-After</c> (RFC 9110 section 10.2.3): the least time and up to two thirds more, the same ratio as
    /// <see cref="Jitter"/> has.
    /// </summary>
    /// <param name="atLeast">The time before which a retry is useless.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Seconds, at least 1.</returns>
    public static int AfterSeconds(TimeSpan atLeast, double random)
        => (int)Math.Clamp(Math.Ceiling(atLeast.TotalSeconds * (1 + random * 2 / 3)), 1, int.MaxValue);

    /// <summary>The mean reconnection time under a load: the usual one up to a load of 0.8, then rising to four times that at 1.</summary>
    /// <param name="usual">The configured mean for a server with room.</param>
    /// <param name="longest">The configured maximum under load.</param>
    /// <param name="load">How full the server is, from 0 to 1.</param>
    public static TimeSpan Mean(TimeSpan usual, TimeSpan longest, double load)
    {
        var mean = usual * (1 + (MaxFactor - 1) * Math.Clamp((load - HighLoad) / (1 - HighLoad), 0, 1));
        return mean <= longest ? mean : usual > longest ? usual : longest;
    }

    /// <summary>
    /// If streams end one by one over a period: how much longer the last client waits than the first, so that no more than
    /// <paramref name="returnRate"/> clients a second return. Zero if the period itself is long enough.
    /// </summary>
    /// <param name="streams">How many streams end.</param>
    /// <param name="period">From the first end to the last.</param>
    /// <param name="returnRate">Clients a second, on average.</param>
    /// <param name="mean">The mean reconnection time.</param>
    /// <param name="longest">No client waits longer than this because of the others.</param>
    public static TimeSpan Stretch(int streams, TimeSpan period, int returnRate, TimeSpan mean, TimeSpan longest)
    {
        var stretch = TimeSpan.FromSeconds((double)streams / returnRate) - period;
        var most = longest - mean * Farthest;
        if (stretch > most) stretch = most;
        return stretch > TimeSpan.Zero ? stretch : TimeSpan.Zero;
    }

    /// <summary>
    /// The reconnection time of one of the streams that end over a period. Streams that end later wait proportionally longer, so that the
    /// clients return evenly over the period and the stretch together.
    /// </summary>
    /// <param name="mean">The mean reconnection time of the first.</param>
    /// <param name="stretch">How much longer the last waits.</param>
    /// <param name="fraction">The stream's place in the order of ends, from 0 for the first up to 1.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int AtEnd(TimeSpan mean, TimeSpan stretch, double fraction, double random)
        => (int)Math.Min(Jitter(mean, random) + fraction * stretch.TotalMilliseconds, int.MaxValue);

    /// <summary>
    /// The least reconnection time of one of the streams that end because the server stops and starts again. No client returns before the
    /// server does: a proxy would answer 502, after which an EventSource does not reconnect at all. Afterwards clients return as evenly as
    /// they left.
    /// </summary>
    /// <param name="absence">From now until the server is back.</param>
    /// <param name="mean">The mean reconnection time, whose spread is added.</param>
    /// <param name="returns">The time over which they return.</param>
    /// <param name="fraction">The stream's place in the order of ends, from 0 for the first up to 1.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds.</returns>
    public static int AfterAbsence(TimeSpan absence, TimeSpan mean, TimeSpan returns, double fraction, double random)
        => (int)Math.Min((absence + mean * Width * random + returns * fraction).TotalMilliseconds, int.MaxValue);
}
