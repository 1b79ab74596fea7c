namespace SseServer.Endpoints;

/// <summary>The limits at which something is refused. <see cref="LimitInfo"/> describes each of them.</summary>
internal enum LimitKind
{
    /// <summary>The refusal has another reason than a limit.</summary>
    None,

    Connections,
    ConnectionsPerAddress,
    RequestLine,
    HeaderBytes,
    HeaderCount,
    HeaderTime,
    EventBytes,
    BatchBytes,
    BatchEvents,
    BodyMemory,
    BodyMemoryPerClient,
    BodyIdle,
    BodyRate,
    PublishRate,
    Streams,
    StreamsPerClient,
    StreamsPerTopic,
    TopicsPerSubscription,
    TopicsPerClient,
    PatternsPerClient,
    Topics,
    Patterns,
    Memory,
}
