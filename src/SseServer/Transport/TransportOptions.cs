using SseServer.Protocol.Http;
using SseServer.Transport.Proxies;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>The bounds of the transport. Immutable; validated once, at start.</summary>
internal sealed record TransportOptions
{
    /// <summary>Connections the kernel keeps waiting for accept. 512 is Kestrel's value; the kernel caps it at somaxconn.</summary>
    public int ListenBacklog { get; init; } = 512;

    /// <summary>Connections open at once; one more is refused. 0 is as many as the limit of open files allows.</summary>
    public int MaxConnections { get; init; }

    /// <summary>
    /// Connections open at once from one address (of IPv6: one /64); one more is refused. 0 is no bound: whether an address is a person, an
    /// office or a proxy that nobody has named to us, only the operator knows, and any number is wrong for one of them.
    /// Connections of trusted proxies do not count.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; }

    /// <summary>Whom to believe about whose a request is.</summary>
    public ProxyOptions Proxies { get; init; } = ProxyOptions.Default;

    /// <summary>The certificate of listeners with TLS; null where there are none.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Bounds of a request's head and of chunk framing.</summary>
    public ParserLimits ParserLimits { get; init; } = ParserLimits.Default;

    /// <summary>
    /// Bytes that the unfinished heads of all connections may hold; the oldest are given up beyond it. 0 is no bound. 16 MB is 500 heads of
    /// the largest size; more than a handful at once is an attack, since a head arrives within a round trip.
    /// </summary>
    public long MaxHeadMemory { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// From a request's first byte to the end of its head. 15 s: half of Kestrel's 30 s, far above a handshake over a bad mobile
    /// link.
    /// </summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Without a byte before a request. 130 s: Kestrel's value; above the 60 s after which nginx and common load balancers drop
    /// idle upstream connections, so that they close first and never send a request into a close.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>Without a byte of a body that is being read. 30 s: half of nginx's 60 s client_body_timeout.</summary>
    public TimeSpan BodyIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bytes a second that a body must come with, 0 for no bound, over any stretch of waiting longer than <see cref="BodyIdleTimeout"/>.
    /// 240 is Kestrel's MinRequestBodyDataRate: a body of a byte now and then holds a connection no longer than one that stops. Kestrel
    /// takes the average since the body began, so that a megabyte at once pays for an hour of silence; here bytes pay for one longest
    /// pause at most.
    /// </summary>
    public int MinBodyRate { get; init; } = 240;

    /// <summary>The time before the rate counts. 5 s is Kestrel's.</summary>
    public TimeSpan BodyRateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A peer that takes no byte for so long is cut off. 2 min outlives a phone's tunnel. It is TCP_USER_TIMEOUT as well, which would
    /// otherwise end such a peer earlier or later than the sweep.
    /// </summary>
    public TimeSpan StalledWriteTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long, during a drain, a connection without a request may take to bring one. 2 s: whoever connects in order to ask has asked by
    /// then, and idle connections made ahead of need do not hold up the drain.
    /// </summary>
    public TimeSpan DrainRequestTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a closing connection waits for the peer's next byte, or for its FIN. 5 s is nginx's lingering_timeout.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a closing connection discards what the peer still sends. Many clients read no reply before they have sent their whole
    /// body, so it has no bound in bytes. 30 s is nginx's lingering_time.
    /// </summary>
    public TimeSpan LingerPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An unread body declared no longer than this is read and dropped after the reply, so that the connection can be kept.
    /// </summary>
    public int DrainBodyBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// The bound of a body unless the application sets another before it reads. 1 MB is nginx's client_max_body_size.
    /// </summary>
    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes discarded during one stream before it is cut off. 16 KB: a whole request that a browser sent too early, with room to
    /// spare.
    /// </summary>
    public int StrayBytesLimit { get; init; } = 16 * 1024;

    /// <summary>
    /// Unsent bytes the kernel may hold for one connection (TCP_NOTSENT_LOWAT). 16 KB, as HTTP/2 servers set it: a reader that
    /// stalls holds 150 KB of kernel memory instead of 4 MB, and a frame is not written long before it can leave.
    /// </summary>
    public int NotSentLowWater { get; init; } = 16 * 1024;

    /// <summary>
    /// Replies to pipelined requests are gathered up to this many bytes. 16 KB: the largest TLS record, and one write's worth.
    /// </summary>
    public int GatheredReplyBytes { get; init; } = 16 * 1024;
}
