namespace SseServer.Relay;

/// <summary>One topic that is fed from another server. Validated where it is read; immutable.</summary>
internal sealed record RelayOptions
{
    /// <summary>The source: an http or https URL without user information.</summary>
    public required Uri Url { get; init; }

    /// <summary>The topic that it feeds; a valid name that is a publisher's, short enough for <see cref="PositionTopic"/>.</summary>
    public required byte[] Topic { get; init; }

    /// <summary>The value of the Authorization field; a secret. Sent to the origin of <see cref="Url"/> only.</summary>
    public string? Authorization { get; init; }

    /// <summary>The types of event that are taken; none stands for all. <c>message</c> is also the type of events that name none.</summary>
    public IReadOnlyList<byte[]> Events { get; init; } = [];

    // A restart of the source is over in about a second; a source that says otherwise is heard.
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);

    // Readers wait for what the source has meanwhile, and one request in half a minute is no load.
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromSeconds(30);

    // Four times the 15 seconds between comments that WHATWG HTML 9.2.7 recommends.
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of one event's data; larger ones are passed over.</summary>
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    // What an sse-server retains of a topic by default, so that a source that sends all of it again is known through and through; 16 bytes each.
    public int KnownIds { get; init; } = 10_000;
}
