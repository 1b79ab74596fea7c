namespace SseServer.Endpoints;

/// <summary>What requests may ask for. Validated when it is read; immutable.</summary>
internal sealed record EndpointOptions
{
    public static readonly EndpointOptions Default = new();

    /// <summary>
    /// Largest data of one event in bytes. Default 1 MB, the client_max_body_size of nginx, which a publisher behind a proxy meets first.
    /// </summary>
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest batch in bytes. Default 16 MB, sixteen of the largest events.</summary>
    public int MaxBatchBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Most events of one batch. Default 100,000: 16 MB of events of 160 bytes, and ten times what a topic keeps by default. Each takes
    /// about 50 bytes besides the event.
    /// </summary>
    public int MaxBatchEvents { get; init; } = 100_000;

    /// <summary>
    /// Most topics and patterns of one stream. Default 64, for a page with many widgets; each is checked when any of them has an event.
    /// </summary>
    public int MaxTopicsPerSubscription { get; init; } = 64;

    /// <summary>What streams and publishers may use, in total and per client.</summary>
    public LimitOptions Limits { get; init; } = LimitOptions.None;

    /// <summary>
    /// Shortest reconnection time that a publisher can set. Default 1 s: with less, many clients overload a server that restarts.
    /// </summary>
    public TimeSpan MinRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest reconnection time that a publisher can set. Default 1 min; people who wait longer reload the page.</summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether a temporary end of a stream has no last chunk over HTTP/1.1. Default true: EventSource reconnects after any end, but clients
    /// that read with fetch take a complete body for the end of everything.
    /// </summary>
    public bool TruncatesTemporaryEnd { get; init; } = true;

    /// <summary>
    /// Origins whose pages may read. Default any: curl can read a stream too, so private topics need a token, not an origin.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = ["*"];

    /// <summary>Whether pages of origins listed by name may send cookies. Default false.</summary>
    public bool AllowCredentials { get; init; }

    /// <summary>
    /// Host names, besides loopback ones, that the server answers to. A server on loopback answers to no others; elsewhere an empty list
    /// allows every name, and addresses are always allowed. Empty by default.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Whether all listeners are on loopback, so that only programs and browsers of this machine can connect.</summary>
    public bool IsLoopbackOnly { get; init; } = true;

    /// <summary>Who may publish without a key: true is everyone, false no one, null (the default) direct clients over loopback.</summary>
    public bool? AllowAnonymousPublish { get; init; }

    /// <summary>
    /// The cookie that may carry a token. The default name, sse-token, has no prefix, so that it also works over plain HTTP; a server with
    /// an https listener has __Host-sse-token by default.
    /// </summary>
    public string TokenCookie { get; init; } = "sse-token";

    /// <summary>
    /// How long before its token expires a stream is notified. Default 60 s: a page in a background tab wakes once a minute (Chromium's
    /// intensive timer throttling).
    /// </summary>
    public TimeSpan ExpiryNotice { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether everyone who can reach the server may read <c>/metrics</c>; by default only admins may.</summary>
    public bool HasOpenMetrics { get; init; }
}
