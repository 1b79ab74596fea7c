namespace SseServer.Endpoints;

/// <summary>
/// The bounds at which something is refused. <see cref="LimitNames"/> has the label that metrics and logs know each by, and the setting that moves it.
/// </summary>
internal enum LimitKind
{
    /// <summary>No bound is at fault.</summary>
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
