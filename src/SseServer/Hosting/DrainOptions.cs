namespace SseServer.Hosting;

/// <summary>How the server stops: the time its streams have to end, and when clients can expect it back. Immutable.</summary>
internal sealed record DrainOptions
{
    // The last block of a stream reaches a client, and the client's FIN comes back, within two round trips. A client that needs longer is
    // not reading.
    private static readonly TimeSpan LastBlockTime = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The time that open streams and running requests have to end; zero ends them at once. Default 1 s: no other server takes the
    /// clients of a single one, so each second of it is a second without events. Nodes behind a load balancer use longer ones.
    /// </summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// From the end of the process until its successor listens. Default 2 s: a start takes less than one on a busy machine, and what
    /// restarts the process (systemd's RestartSec, a container runtime) adds some tenths of a second.
    /// </summary>
    public TimeSpan RestartAllowance { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether the listeners close first, so that new connections reach another node, or wait in a queue that the successor takes over.
    /// Default false: they stay open to the end, and new clients are told when to reconnect.
    /// </summary>
    public bool ClosesListener { get; init; }

    /// <summary>The time over which streams are ended; the last fifth of the period is left for them to close.</summary>
    public TimeSpan Spread => Period * 0.8;

    /// <summary>
    /// From the start of the drain until the remaining connections are closed; enough for the last block of every stream.
    /// </summary>
    public TimeSpan CutOff => Period - Spread < LastBlockTime ? Spread + LastBlockTime : Period;

    /// <summary>From the start of the drain until clients can reconnect; zero if other nodes take them.</summary>
    public TimeSpan Absence => ClosesListener ? TimeSpan.Zero : CutOff + RestartAllowance;
}
