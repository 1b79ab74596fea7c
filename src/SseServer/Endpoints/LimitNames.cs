using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>What each <see cref="LimitKind"/> is called where operators meet it, and what a client is told that may try again later.</summary>
internal static class LimitNames
{
    private static readonly LimitKind[] Known = [.. Enum.GetValues<LimitKind>().Where(limit => limit != LimitKind.None)];

    /// <summary>Every limit but <see cref="LimitKind.None"/>.</summary>
    public static IReadOnlyList<LimitKind> All => Known;

    /// <summary>The value of the label <c>limit</c>; stable, since dashboards hold it.</summary>
    public static string Label(LimitKind limit) => limit switch
    {
        LimitKind.Connections => "connections",
        LimitKind.ConnectionsPerAddress => "connections_per_address",
        LimitKind.RequestLine => "request_line",
        LimitKind.HeaderBytes => "header_bytes",
        LimitKind.HeaderCount => "header_count",
        LimitKind.HeaderTime => "header_time",
        LimitKind.EventBytes => "event_bytes",
        LimitKind.BatchBytes => "batch_bytes",
        LimitKind.BatchEvents => "batch_events",
        LimitKind.BodyMemory => "body_memory",
        LimitKind.BodyMemoryPerClient => "body_memory_per_client",
        LimitKind.BodyIdle => "body_idle",
        LimitKind.BodyRate => "body_rate",
        LimitKind.PublishRate => "publish_rate",
        LimitKind.Streams => "streams",
        LimitKind.StreamsPerClient => "streams_per_client",
        LimitKind.StreamsPerTopic => "streams_per_topic",
        LimitKind.TopicsPerSubscription => "topics_per_subscription",
        LimitKind.TopicsPerClient => "topics_per_client",
        LimitKind.PatternsPerClient => "patterns_per_client",
        LimitKind.Topics => "topics",
        LimitKind.Patterns => "patterns",
        LimitKind.Memory => "memory",
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    /// <summary>The key of the setting that moves it.</summary>
    public static string Setting(LimitKind limit) => limit switch
    {
        LimitKind.Connections => "Limits:MaxConnections",
        LimitKind.ConnectionsPerAddress => "Limits:MaxConnectionsPerAddress",
        LimitKind.RequestLine => "Limits:MaxRequestLineBytes",
        LimitKind.HeaderBytes => "Limits:MaxHeaderBytes",
        LimitKind.HeaderCount => "Limits:MaxHeaderCount",
        LimitKind.HeaderTime => "Limits:HeaderTimeout",
        LimitKind.EventBytes => "Limits:MaxEventBytes",
        LimitKind.BatchBytes => "Limits:MaxBatchBytes",
        LimitKind.BatchEvents => "Limits:MaxBatchEvents",
        LimitKind.BodyMemory => "Limits:MaxBodyMemory",
        LimitKind.BodyMemoryPerClient => "Limits:MaxBodyMemoryPerClient",
        LimitKind.BodyIdle => "Limits:BodyIdleTimeout",
        LimitKind.BodyRate => "Limits:MinBodyRate",
        LimitKind.PublishRate => "Limits:PublishRate",
        LimitKind.Streams => "Limits:MaxStreams",
        LimitKind.StreamsPerClient => "Limits:MaxStreamsPerClient",
        LimitKind.StreamsPerTopic => "Limits:MaxStreamsPerTopic",
        LimitKind.TopicsPerSubscription => "Limits:MaxTopicsPerSubscription",
        LimitKind.TopicsPerClient => "Limits:MaxTopicsPerClient",
        LimitKind.PatternsPerClient => "Limits:MaxPatternsPerClient",
        LimitKind.Topics => "Topics:MaxTopics",
        LimitKind.Patterns => "Topics:MaxPatterns",
        LimitKind.Memory => "Limits:MaxMemory",
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    /// <summary>Whether it can be in the way of a stream that may open later.</summary>
    public static bool IsSoft(LimitKind limit) => limit is LimitKind.Connections or LimitKind.ConnectionsPerAddress or LimitKind.Streams or LimitKind.StreamsPerClient or LimitKind.StreamsPerTopic or LimitKind.TopicsPerClient
        or LimitKind.PatternsPerClient or LimitKind.Topics or LimitKind.Patterns or LimitKind.Memory;

    /// <summary>What a client is told at a limit that may be gone when it comes again.</summary>
    public static string Explain(LimitKind limit) => limit switch
    {
        LimitKind.Connections => "The server has reached its connection limit; retry later, or raise Limits:MaxConnections.",
        LimitKind.ConnectionsPerAddress => "Your address has reached its connection limit; close some connections, retry later, or raise Limits:MaxConnectionsPerAddress.",
        LimitKind.Streams => "The server has reached its stream limit; retry later, or raise Limits:MaxStreams.",
        LimitKind.StreamsPerClient => "You have reached the stream limit of one client; close some streams, or raise Limits:MaxStreamsPerClient.",
        LimitKind.StreamsPerTopic => "A topic has reached its stream limit; retry later, or raise Limits:MaxStreamsPerTopic.",
        LimitKind.TopicsPerClient => "Your streams have reached the topic limit of one client; close some streams, or raise Limits:MaxTopicsPerClient.",
        LimitKind.PatternsPerClient => "Your streams have reached the pattern limit of one client; close some streams, or raise Limits:MaxPatternsPerClient.",
        LimitKind.Topics => "The server has reached its topic limit; retry later, or raise Topics:MaxTopics.",
        LimitKind.Patterns => "The server has reached its limit of distinct patterns; retry later, or raise Topics:MaxPatterns.",
        LimitKind.BodyMemory => "The server has reached its memory limit for request bodies; "
            + "send the body again after Retry-After seconds, faster or in smaller parts, or raise Limits:MaxBodyMemory.",
        LimitKind.BodyMemoryPerClient => "Your requests have reached the body memory limit of one client; "
            + "send the body again after Retry-After seconds, faster or in smaller parts, or raise Limits:MaxBodyMemoryPerClient.",
        LimitKind.Memory => "The server is short of memory; retry later.",
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    /// <summary>The limit behind a refusal of the transport's; <see cref="LimitKind.None"/> where it was none.</summary>
    public static LimitKind Of(RequestRejection rejection) => rejection switch
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
