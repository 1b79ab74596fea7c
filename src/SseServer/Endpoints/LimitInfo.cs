using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>What operators and clients are told about a limit.</summary>
/// <param name="Kind">The limit.</param>
/// <param name="Label">The value of the metrics' label <c>limit</c>. Stable, because dashboards refer to it.</param>
/// <param name="Setting">The key of the setting that changes the limit.</param>
/// <param name="Code">
/// The code of the refusal: 429 for a limit of one client, 503 for one of the server; null if the request itself is too large or too slow,
/// which another time does not change.
/// </param>
/// <param name="Sentence">What a client is told that may retry later; null if the sentence depends on the request.</param>
/// <param name="IsSoft">Whether the limit can refuse a stream that may open later.</param>
internal sealed record LimitInfo(
    LimitKind Kind, string Label, string Setting, ProblemCode? Code = null, string? Sentence = null, bool IsSoft = false)
{
    // In the order of the enum, so that a kind is an index.
    private static readonly LimitInfo[] Table =
    [
        new(LimitKind.Connections, "connections", "Limits:MaxConnections", ProblemCode.ConnectionLimit,
            "The server has reached its connection limit; retry later, or raise Limits:MaxConnections.", IsSoft: true),
        new(LimitKind.ConnectionsPerAddress, "connections_per_address", "Limits:MaxConnectionsPerAddress",
            ProblemCode.ClientConnectionLimit,
            "Your address has reached its connection limit; close some connections, retry later, or raise Limits:MaxConnectionsPerAddress.",
            IsSoft: true),
        new(LimitKind.RequestLine, "request_line", "Limits:MaxRequestLineBytes"),
        new(LimitKind.HeaderBytes, "header_bytes", "Limits:MaxHeaderBytes"),
        new(LimitKind.HeaderCount, "header_count", "Limits:MaxHeaderCount"),
        new(LimitKind.HeaderTime, "header_time", "Limits:HeaderTimeout"),
        new(LimitKind.EventBytes, "event_bytes", "Limits:MaxEventBytes"),
        new(LimitKind.BatchBytes, "batch_bytes", "Limits:MaxBatchBytes"),
        new(LimitKind.BatchEvents, "batch_events", "Limits:MaxBatchEvents"),
        new(LimitKind.BodyMemory, "body_memory", "Limits:MaxBodyMemory", ProblemCode.BodyMemoryLimit,
            "The server has reached its memory limit for request bodies; "
            + "send the body again after Retry-After seconds, faster or in smaller parts, or raise Limits:MaxBodyMemory."),
        new(LimitKind.BodyMemoryPerClient, "body_memory_per_client", "Limits:MaxBodyMemoryPerClient", ProblemCode.ClientBodyMemoryLimit,
            "Your requests have reached the body memory limit of one client; "
            + "send the body again after Retry-After seconds, faster or in smaller parts, or raise Limits:MaxBodyMemoryPerClient."),
        new(LimitKind.BodyIdle, "body_idle", "Limits:BodyIdleTimeout"),
        new(LimitKind.BodyRate, "body_rate", "Limits:MinBodyRate"),
        new(LimitKind.PublishRate, "publish_rate", "Limits:PublishRate", ProblemCode.RateLimited),
        new(LimitKind.Streams, "streams", "Limits:MaxStreams", ProblemCode.StreamLimit,
            "The server has reached its stream limit; retry later, or raise Limits:MaxStreams.", IsSoft: true),
        new(LimitKind.StreamsPerClient, "streams_per_client", "Limits:MaxStreamsPerClient", ProblemCode.ClientStreamLimit,
            "You have reached the stream limit of one client; close some streams, or raise Limits:MaxStreamsPerClient.", IsSoft: true),
        new(LimitKind.StreamsPerTopic, "streams_per_topic", "Limits:MaxStreamsPerTopic", ProblemCode.TopicStreamLimit,
            "A topic has reached its stream limit; retry later, or raise Limits:MaxStreamsPerTopic.", IsSoft: true),
        new(LimitKind.TopicsPerSubscription, "topics_per_subscription", "Limits:MaxTopicsPerSubscription"),
        new(LimitKind.TopicsPerClient, "topics_per_client", "Limits:MaxTopicsPerClient", ProblemCode.ClientTopicLimit,
            "Your streams have reached the topic limit of one client; close some streams, or raise Limits:MaxTopicsPerClient.",
            IsSoft: true),
        new(LimitKind.PatternsPerClient, "patterns_per_client", "Limits:MaxPatternsPerClient", ProblemCode.ClientPatternLimit,
            "Your streams have reached the pattern limit of one client; close some streams, or raise Limits:MaxPatternsPerClient.",
            IsSoft: true),
        new(LimitKind.Topics, "topics", "Topics:MaxTopics", ProblemCode.TopicLimit,
            "The server has reached its topic limit; retry later, or raise Topics:MaxTopics.", IsSoft: true),
        new(LimitKind.Patterns, "patterns", "Topics:MaxPatterns", ProblemCode.PatternLimit,
            "The server has reached its limit of distinct patterns; retry later, or raise Topics:MaxPatterns.", IsSoft: true),
        new(LimitKind.Memory, "memory", "Limits:MaxMemory", ProblemCode.MemoryLimit,
            "The server is short of memory; retry later.", IsSoft: true),
    ];

    /// <summary>Every limit once, in the order of <see cref="LimitKind"/> without <see cref="LimitKind.None"/>.</summary>
    public static IReadOnlyList<LimitInfo> All => Table;

    /// <summary>Returns the description of any limit but <see cref="LimitKind.None"/>.</summary>
    public static LimitInfo Of(LimitKind kind) => Table[(int)kind - 1];

    /// <summary>Returns the limit behind a refusal of the transport, or <see cref="LimitKind.None"/>.</summary>
    public static LimitKind KindOf(RequestRejection rejection) => rejection switch
    {
        RequestRejection.RequestLineTooLong => LimitKind.RequestLine,
        RequestRejection.HeaderSectionTooLarge => LimitKind.HeaderBytes,
        RequestRejection.TooManyHeaders => LimitKind.HeaderCount,
        RequestRejection.RequestTimeout => LimitKind.HeaderTime,
        RequestRejection.BodyTimeout => LimitKind.BodyIdle,
        RequestRejection.BodyTooSlow => LimitKind.BodyRate,
        _ => LimitKind.None,
    };
}
