namespace SseServer.Relay;

/// <summary>One topic that is fed from another server. Validated when it is read; immutable.</summary>
internal sealed record RelayOptions
{
    /// <summary>The source: an http or https URL without user information.</summary>
    public required Uri Url { get; init; }

    /// <summary>The topic that it feeds; a valid name without <c>$</c>, short enough for <see cref="PositionTopic"/>.</summary>
    public required byte[] Topic { get; init; }

    /// <summary>The value of the Authorization field, a secret; sent only to the origin of <see cref="Url"/>. None by default.</summary>
    public string? Authorization { get; init; }

    /// <summary>The event types to relay; empty, the default, is all. <c>message</c> includes events without a type.</summary>
    public IReadOnlyList<byte[]> Events { get; init; } = [];

    /// <summary>
    /// How long to wait before reconnecting, unless the source sends retry. Default 1 s, about as long as a restart of the source takes.
    /// </summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Longest such wait after repeated failures. Default 30 s: subscribers are waiting, and two requests a minute are no load.
    /// </summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time without a byte from the source after which the relay reconnects. Default 60 s, four times the 15 s between comments that WHATWG
    /// HTML 9.2.7 recommends.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest data of one event in bytes; larger events are skipped. Default 1 MB.</summary>
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Number of the source's last event ids that are remembered, 16 bytes each, so that events sent again are recognized. Default 10,000,
    /// what an sse-server retains of a topic by default.
    /// </summary>
    public int KnownIds { get; init; } = 10_000;
}
