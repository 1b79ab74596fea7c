using SseServer.Protocol.Http;
using SseServer.Transport.Proxies;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>The limits and timeouts of the transport. Immutable; validated once, at start.</summary>
internal sealed record TransportOptions
{
    /// <summary>Connections that the kernel queues for accept. Defaults to 512, Kestrel's value; the kernel caps it at somaxconn.</summary>
    public int ListenBacklog { get; init; } = 512;

    /// <summary>Maximum number of open connections; more are refused. Defaults to 0: as many as the limit on open files allows.</summary>
    public int MaxConnections { get; init; }

    /// <summary>
    /// Maximum number of open connections from one address (of IPv6: one /64); more are refused. Defaults to 0, unlimited: only the
    /// operator knows whether an address is a person, an office or a proxy, and any number is wrong for one of them. Connections of trusted
    /// proxies do not count.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; }

    /// <summary>Which proxies are trusted to name the client. Defaults to none.</summary>
    public ProxyOptions Proxies { get; init; } = ProxyOptions.Default;

    /// <summary>The certificate of TLS listeners; null if there are none.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Limits of a request's head and of chunk framing.</summary>
    public ParserLimits ParserLimits { get; init; } = ParserLimits.Default;

    /// <summary>
    /// Bytes that the unfinished heads of all connections may hold; beyond it the oldest are given up. 0 means unlimited. Defaults to 16
    /// MB, 500 heads of the largest size; more than a handful at the same time is an attack, since a head arrives within a round trip.
    /// </summary>
    public long MaxHeadMemory { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Time from a request's first byte to the end of its head. Defaults to 15 s: half of Kestrel's 30 s, far above a round trip over a bad
    /// mobile link.
    /// </summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Time without a byte before a request. Defaults to 130 s, Kestrel's value; above the 60 s after which nginx and common load balancers
    /// drop idle upstream connections, so that they close first and never send a request into a close.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>Time without a byte of a body that is being read. Defaults to 30 s, half of nginx's client_body_timeout of 60 s.</summary>
    public TimeSpan BodyIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bytes of a body that must arrive a second, over any period of waiting longer than <see cref="BodyIdleTimeout"/>; 0 means no minimum.
    /// Defaults to 240, Kestrel's MinRequestBodyDataRate, so that a body that trickles holds a connection no longer than one that stops.
    /// Kestrel takes the average since the body began, so a megabyte at once would allow an hour of silence; here bytes allow at most one
    /// longest pause.
    /// </summary>
    public int MinBodyRate { get; init; } = 240;

    /// <summary>Time before the minimum rate applies. Defaults to 5 s, Kestrel's value.</summary>
    public TimeSpan BodyRateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A peer that accepts no byte for this long is cut off. Defaults to 2 min, which survives a phone in a tunnel. It also sets
    /// TCP_USER_TIMEOUT, which would otherwise end such a peer earlier or later than the sweep.
    /// </summary>
    public TimeSpan StalledWriteTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Time during a drain in which a connection may send its first request. Defaults to 2 s: a client that connects for a request has sent
    /// it by then, and idle connections opened in advance do not hold up the drain.
    /// </summary>
    public TimeSpan DrainRequestTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a closing connection waits for the peer's next byte or FIN. Defaults to 5 s, nginx's lingering_timeout.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a closing connection discards what the peer still sends. Many clients read no reply before they have sent their whole body,
    /// so the bytes are not limited. Defaults to 30 s, nginx's lingering_time.
    /// </summary>
    public TimeSpan LingerPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An unread body of at most this length is read and dropped after the reply, so that the connection can be kept. Defaults to 64 KB.
    /// </summary>
    public int DrainBodyBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Maximum length of a body, unless the application sets another before it reads. Defaults to 1 MB, nginx's client_max_body_size.
    /// </summary>
    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes discarded during one stream before it is cut off. Defaults to 16 KB: a whole request that a browser sent too early, with room
    /// to spare.
    /// </summary>
    public int StrayBytesLimit { get; init; } = 16 * 1024;

    /// <summary>
    /// Unsent bytes that the kernel may hold for one connection (TCP_NOTSENT_LOWAT). Defaults to 16 KB, as in HTTP/2 servers: a stalled
    /// peer holds 150 KB of kernel memory instead of 4 MB, and a frame is not written long before it can be sent.
    /// </summary>
    public int NotSentLowWater { get; init; } = 16 * 1024;

    /// <summary>
    /// Replies to pipelined requests are gathered up to this many bytes. Defaults to 16 KB, the largest TLS record.
    /// </summary>
    public int GatheredReplyBytes { get; init; } = 16 * 1024;
}
