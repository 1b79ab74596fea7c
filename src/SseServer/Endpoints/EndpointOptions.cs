namespace SseServer.Endpoints;

/// <summary>What requests may ask for. Validated where it is read; immutable.</summary>
internal sealed record EndpointOptions
{
    public static readonly EndpointOptions Default = new();

    // nginx's client_max_body_size, the first bound that a publisher behind a proxy meets.
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    // Sixteen of the largest events.
    public int MaxBatchBytes { get; init; } = 16 * 1024 * 1024;

    // 16 MB of events of 160 bytes, and ten times what a topic keeps by default. Some 50 bytes each beside the event itself.
    public int MaxBatchEvents { get; init; } = 100_000;

    // A page of many widgets; each one is looked at when any of them has news.
    public int MaxTopicsPerSubscription { get; init; } = 64;

    /// <summary>What streams and publishers may take, in all and each.</summary>
    public LimitOptions Limits { get; init; } = LimitOptions.None;

    // Below a second a fleet of clients hammers a server that restarts; above a minute people reload by hand.
    public TimeSpan MinRetry { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A temporary end of a stream has no last chunk over HTTP/1.1. EventSource comes back after any end, but clients that read with fetch
    /// take a complete body for the end of everything.
    /// </summary>
    public bool TruncatesTemporaryEnd { get; init; } = true;

    // Streams hold nothing a curl could not read, so any page may read them; what is private needs a token, not an origin.
    public IReadOnlyList<string> AllowedOrigins { get; init; } = ["*"];

    public bool AllowCredentials { get; init; }

    /// <summary>
    /// Host names beside the loopback ones that the server answers to. On loopback it answers to no others; elsewhere to any while none
    /// is listed, and to addresses in any case.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>All listeners are loopback ones, so only programs of this machine and pages in its browsers can come.</summary>
    public bool IsLoopbackOnly { get; init; } = true;

    /// <summary>Publishing without a key: true for everyone, false for no one, null for those who come directly over loopback.</summary>
    public bool? AllowAnonymousPublish { get; init; }

    /// <summary>The cookie that a token may come in. Its name has no prefix, so that it works over plain HTTP too.</summary>
    public string TokenCookie { get; init; } = "sse-token";

    // A page that sleeps in a background tab wakes once a minute (Chromium's intensive throttling of timers), and a token server takes a second.
    public TimeSpan ExpiryNotice { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Everyone who can reach the server may read <c>/metrics</c>; otherwise those who may administer it.</summary>
    public bool HasOpenMetrics { get; init; }
}
