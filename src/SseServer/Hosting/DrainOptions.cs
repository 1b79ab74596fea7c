namespace SseServer.Hosting;

/// <summary>How the server stops: the time its streams have, and when clients may count on it again. Immutable.</summary>
internal sealed record DrainOptions
{
    // A stream's last block and its end reach a client within a round trip or two, and its FIN comes back; what takes longer does not take
    // what it is sent.
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The time that open streams and running requests have to end; zero for at once. 1 s: nobody is there to take the clients of a lone
    /// server, so every second of it is a second without events. Nodes behind a balancer take longer.
    /// </summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// From the end of the process until its successor listens. 2 s: a start takes less than one on a busy machine, and what restarts the
    /// process (systemd's RestartSec, a container's runtime) some tenths of a second more.
    /// </summary>
    public TimeSpan RestartAllowance { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether the listeners close first: whoever connects finds another node, or waits in a queue that the successor takes over. Otherwise
    /// they stay open to the end, and those who come are told when to come back.
    /// </summary>
    public bool ClosesListener { get; init; }

    /// <summary>The time over which streams are ended: a fifth is left for the last ones to close before what remains is cut off.</summary>
    public TimeSpan Spread => Period * 0.8;

    /// <summary>From the beginning until what remains is cut off. However short the period, every stream gets its last block.</summary>
    public TimeSpan CutOff => Period - Spread < LastWords ? Spread + LastWords : Period;

    /// <summary>From the beginning until clients find the server again; zero where they need not wait for this one.</summary>
    public TimeSpan Absence => ClosesListener ? TimeSpan.Zero : CutOff + RestartAllowance;
}
