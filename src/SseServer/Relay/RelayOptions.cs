namespace SseServer.Relay;

/// <summary>A topic that is fed from another server. Validated by the settings; immutable.</summary>
internal sealed record RelayOptions
{
    /// <summary>The source: an http or https URL without user information.</summary>
    public required Uri Url { get; init; }

    /// <summary>The topic that it feeds: a valid name, not one of the server's, and short enough for <see cref="PositionTopic"/>.</summary>
    public required byte[] Topic { get; init; }

    /// <summary>The value of the Authorization field; a secret. Sent only to the origin of <see cref="Url"/>.</summary>
    public string? Authorization { get; init; }

    /// <summary>
    /// The types of event that are relayed; all if the list is empty. <c>message</c> is also the type of events that name none.
    /// </summary>
    public IReadOnlyList<byte[]> Events { get; init; } = [];

    /// <summary>The reconnection time until the source sets another. A second by default, about as long as a restart.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The longest wait before a reconnection. 30 seconds by default: subscribers wait for the source's events, and one request in half a
    /// minute is no load.
    /// </summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the source may send nothing. 60 seconds by default, four times the interval between comments that WHATWG HTML 9.2.7
    /// recommends.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The most bytes of an event's data; larger events are dropped.</summary>
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// The number of ids that are remembered, 16 bytes each. By default as many as an sse-server keeps events per topic, so that all events
    /// of a source that sends everything again are recognised.
    /// </summary>
    public int KnownIds { get; init; } = 10_000;
}
