namespace SseServer.Delivery;

/// <summary>
/// How long a client is told to wait before it reconnects. EventSource has no backoff of its own, so the server paces it. Functions of values.
/// </summary>
internal static class RetryPacing
{
    // Where alarms on disks and connections usually stand: below it there is room for whoever comes.
    private const double HighLoad = 0.8;

    // Two doublings: where a client with a backoff of its own is after two tries in vain.
    private const double MostFactor = 4;

    /// <summary>Where reconnection times begin, as a part of their mean.</summary>
    public const double Nearest = 0.75;

    private const double Farthest = 1.25;

    private const double Width = Farthest - Nearest;

    /// <summary>A reconnection time spread evenly over the half around <paramref name="mean"/>, so that clients cut together do not come back together.</summary>
    /// <param name="mean">The reconnection time to spread.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int Jitter(TimeSpan mean, double random)
        => (int)Math.Clamp(mean.TotalMilliseconds * (Nearest + random * Width), 1, int.MaxValue);

    /// <summary>The seconds of a <c>Retry-After</c> (RFC 9110 section 10.2.3), never too short and spread over two thirds more, as wide as <see cref="Jitter"/> spreads.</summary>
    /// <param name="atLeast">Before this another try makes no sense.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Seconds, at least 1.</returns>
    public static int AfterSeconds(TimeSpan atLeast, double random)
        => (int)Math.Clamp(Math.Ceiling(atLeast.TotalSeconds * (1 + random * 2 / 3)), 1, int.MaxValue);

    /// <summary>The mean reconnection time under a load: the usual one up to four fifths of it, then rising to four times that.</summary>
    /// <param name="usual">What is set for a server with room.</param>
    /// <param name="longest">Load does not lengthen it beyond this.</param>
    /// <param name="load">How full the server is, from 0 to 1.</param>
    public static TimeSpan Mean(TimeSpan usual, TimeSpan longest, double load)
    {
        var mean = usual * (1 + (MostFactor - 1) * Math.Clamp((load - HighLoad) / (1 - HighLoad), 0, 1));
        return mean <= longest ? mean : usual > longest ? usual : longest;
    }

    /// <summary>
    /// How much longer than the first the last of some streams waits that end one by one over a period: as much as it takes that no more than
    /// <paramref name="returnRate"/> a second come back. Nothing where the period itself is long enough for that.
    /// </summary>
    /// <param name="streams">How many end.</param>
    /// <param name="period">From the first end to the last.</param>
    /// <param name="returnRate">Clients a second, on average.</param>
    /// <param name="mean">The mean reconnection time.</param>
    /// <param name="longest">No client is told to wait longer than this on account of the others.</param>
    public static TimeSpan Stretch(int streams, TimeSpan period, int returnRate, TimeSpan mean, TimeSpan longest)
    {
        var stretch = TimeSpan.FromSeconds((double)streams / returnRate) - period;
        var most = longest - mean * Farthest;
        if (stretch > most) stretch = most;
        return stretch > TimeSpan.Zero ? stretch : TimeSpan.Zero;
    }

    /// <summary>
    /// The reconnection time of one among streams that end over a period. Who ends later waits longer, in proportion, so that returns are as even as the ends: over the
    /// period and the stretch together.
    /// </summary>
    /// <param name="mean">The mean reconnection time, which the first gets.</param>
    /// <param name="stretch">What the last waits longer.</param>
    /// <param name="place">Where it stands among them, from 0 for the first up to 1.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int AtEnd(TimeSpan mean, TimeSpan stretch, double place, double random)
        => (int)Math.Min(Jitter(mean, random) + place * stretch.TotalMilliseconds, int.MaxValue);

    /// <summary>
    /// The least reconnection time of one among streams that end because the server goes away and comes back. None returns before the
    /// server does: behind a proxy it would be answered 502, after which an EventSource does not come back at all. From then on they
    /// return as evenly as they left.
    /// </summary>
    /// <param name="absence">From now until the server is back.</param>
    /// <param name="mean">The mean reconnection time, whose spread they get.</param>
    /// <param name="returns">The time over which they return.</param>
    /// <param name="place">Where it stands among them, from 0 for the first up to 1.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    /// <returns>Milliseconds.</returns>
    public static int AfterAbsence(TimeSpan absence, TimeSpan mean, TimeSpan returns, double place, double random)
        => (int)Math.Min((absence + mean * Width * random + returns * place).TotalMilliseconds, int.MaxValue);
}
