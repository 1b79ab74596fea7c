namespace SseServer.Endpoints;

/// <summary>The bounds and rules for requests. Validated by the settings; immutable.</summary>
internal sealed record EndpointOptions
{
    public static readonly EndpointOptions Default = new();

    /// <summary>
    /// Bytes of one event's data. 1 MB by default, as nginx's client_max_body_size, the first bound that a publisher behind a proxy meets.
    /// </summary>
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a batch. By default 16 of the largest events.</summary>
    public int MaxBatchBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Events of a batch. By default 16 MB of events of 160 bytes, ten times what a topic keeps; each takes some 50 bytes besides the event
    /// itself.
    /// </summary>
    public int MaxBatchEvents { get; init; } = 100_000;

    /// <summary>Topics and patterns of one stream. By default a page of many widgets; news in any of them costs a check of each.</summary>
    public int MaxTopicsPerSubscription { get; init; } = 64;

    /// <summary>What streams and publishers may take, in total and each.</summary>
    public LimitOptions Limits { get; init; } = LimitOptions.None;

    /// <summary>
    /// The shortest reconnection time that an event may set. Below a second, the default, many clients would flood a server that restarts.
    /// </summary>
    public TimeSpan MinRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest reconnection time that an event may set. After a minute, the default, people reload by hand.</summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Origins whose pages may read streams. All by default, because such a page can read no more than curl can; private topics need a
    /// token, not an origin.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = ["*"];

    /// <summary>Whether pages of listed origins may send cookies.</summary>
    public bool AllowCredentials { get; init; }

    /// <summary>
    /// Host names besides the loopback ones that the server answers to. On loopback it answers to no others; elsewhere it answers to any
    /// while none is listed, and always to addresses.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// Whether all listeners are on loopback, so that only programs on this machine and pages in its browsers can connect.
    /// </summary>
    public bool IsLoopbackOnly { get; init; } = true;

    /// <summary>
    /// Publishing without a key: true for everyone, false for no one, null for clients that connect directly over loopback.
    /// </summary>
    public bool? AllowAnonymousPublish { get; init; }

    /// <summary>The cookie that may carry a token. Its name has no prefix, so that it works over plain HTTP too.</summary>
    public string TokenCookie { get; init; } = "sse-token";

    /// <summary>
    /// How long before the expiry of its token a stream announces it. A minute by default: a page in a background tab wakes once a minute
    /// (Chromium's intensive timer throttling), and a token server takes a second.
    /// </summary>
    public TimeSpan ExpiryNotice { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether everyone who can reach the server may read <c>/metrics</c>; otherwise only operators may.</summary>
    public bool HasOpenMetrics { get; init; }
}
