using SseServer.Protocol.Http;
using SseServer.Transport.Proxies;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>The limits of the transport. Validated when it is read; immutable.</summary>
internal sealed record TransportOptions
{
    /// <summary>Connections that the kernel queues for accept. Default 512, as in Kestrel; the kernel caps it at somaxconn.</summary>
    public int ListenBacklog { get; init; } = 512;

    /// <summary>Most connections at once; more are refused. Default 0: as many as the limit of open files allows.</summary>
    public int MaxConnections { get; init; }

    /// <summary>
    /// Most connections at once from one IPv4 address or IPv6 /64; more are refused. Connections of trusted proxies do not count. Default
    /// 0, no limit: only the operator knows whether an address is a person, an office or a proxy, and any number is wrong for one of them.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; }

    /// <summary>Which proxies are trusted to name their clients. None by default.</summary>
    public ProxyOptions Proxies { get; init; } = ProxyOptions.Default;

    /// <summary>The certificate of listeners with TLS; null, the default, if there are none.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Limits of a request's head and of chunk framing.</summary>
    public ParserLimits ParserLimits { get; init; } = ParserLimits.Default;

    /// <summary>
    /// Bytes for the unfinished heads of all connections; beyond it the oldest are aborted. 0 is no limit. Default 16 MB, 500 heads of the
    /// largest size; even a few dozen at once are an attack, because a head arrives within a round trip.
    /// </summary>
    public long MaxHeadMemory { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// From a request's first byte to the end of its head. Default 15 s, half of Kestrel's 30 s, and far more than a bad mobile link needs.
    /// </summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Longest idle time before a request. Default 130 s, as in Kestrel: more than the 60 s after which nginx and common load balancers
    /// close idle upstream connections, so that they close first and never send a request on a connection that is being closed.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>Longest time without a byte of a body that is being read. Default 30 s, half of nginx's client_body_timeout.</summary>
    public TimeSpan BodyIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Lowest rate of a body in bytes a second, over any time longer than <see cref="BodyIdleTimeout"/>; 0 is no limit. Default 240,
    /// Kestrel's MinRequestBodyDataRate, so that a body that trickles holds a connection no longer than one that stops. Kestrel takes the
    /// average since the start of the body, so that one fast megabyte allows an hour of silence; here it allows one longest pause.
    /// </summary>
    public int MinBodyRate { get; init; } = 240;

    /// <summary>The time before the rate is checked. Default 5 s, as in Kestrel.</summary>
    public TimeSpan BodyRateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time after which a peer that accepts no byte is disconnected. Default 2 min, longer than a phone is in a tunnel. TCP_USER_TIMEOUT
    /// gets the same value, so that the kernel does not end such a peer earlier or later than the sweep.
    /// </summary>
    public TimeSpan StalledWriteTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long, during a drain, a connection may wait before its request. Default 2 s: a client that wants to send a request has done so
    /// by then, and idle connections do not delay the drain.
    /// </summary>
    public TimeSpan DrainRequestTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a closing connection waits for the peer's next byte or FIN. Default 5 s, nginx's lingering_timeout.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a closing connection discards what the peer still sends. There is no limit in bytes, because many clients read no reply
    /// before they have sent their whole body. Default 30 s, nginx's lingering_time.
    /// </summary>
    public TimeSpan LingerPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An unread body of at most this length is read and dropped after the reply, so that the connection can be kept. Default 64 KB.
    /// </summary>
    public int DrainBodyBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Longest body in bytes unless the application sets another limit before it reads. Default 1 MB, nginx's client_max_body_size.
    /// </summary>
    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes from the client that are discarded during one stream before it is closed. Default 16 KB, more than a request that a browser
    /// sends too early.
    /// </summary>
    public int StrayBytesLimit { get; init; } = 16 * 1024;

    /// <summary>
    /// Unsent bytes that the kernel may hold for one connection (TCP_NOTSENT_LOWAT). Default 16 KB, as HTTP/2 servers set it: a stalled
    /// subscriber uses 150 KB of kernel memory instead of 4 MB, and a frame is not written long before it can be sent.
    /// </summary>
    public int NotSentLowWater { get; init; } = 16 * 1024;

    /// <summary>
    /// Replies to pipelined requests are gathered up to this many bytes. Default 16 KB, the largest TLS record.
    /// </summary>
    public int GatheredReplyBytes { get; init; } = 16 * 1024;
}
