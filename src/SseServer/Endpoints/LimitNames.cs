using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>What each <see cref="Limit"/> is called where operators meet it, and what a client is told that may try again later.</summary>
internal static class LimitNames
{
    private static readonly Limit[] Known = [.. Enum.GetValues<Limit>().Where(limit => limit != Limit.None)];

    /// <summary>Every limit but <see cref="Limit.None"/>.</summary>
    public static IReadOnlyList<Limit> All => Known;

    /// <summary>The value of the label <c>limit</c>; stable, since dashboards hold it.</summary>
    public static string Label(Limit limit) => limit switch
    {
        Limit.Connections => "connections",
        Limit.ConnectionsPerAddress => "connections_per_address",
        Limit.RequestLine => "request_line",
        Limit.HeaderBytes => "header_bytes",
        Limit.HeaderCount => "header_count",
        Limit.HeaderTime => "header_time",
        Limit.EventBytes => "event_bytes",
        Limit.BatchBytes => "batch_bytes",
        Limit.BatchEvents => "batch_events",
        Limit.BodyMemory => "body_memory",
        Limit.BodyMemoryPerClient => "body_memory_per_client",
        Limit.BodyIdle => "body_idle",
        Limit.BodyRate => "body_rate",
        Limit.PublishRate => "publish_rate",
        Limit.Streams => "streams",
        Limit.StreamsPerClient => "streams_per_client",
        Limit.StreamsPerTopic => "streams_per_topic",
        Limit.TopicsPerSubscription => "topics_per_subscription",
        Limit.TopicsPerClient => "topics_per_client",
        Limit.PatternsPerClient => "patterns_per_client",
        Limit.Topics => "topics",
        Limit.Patterns => "patterns",
        Limit.Memory => "memory",
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    /// <summary>The key of the setting that moves it.</summary>
    public static string Setting(Limit limit) => limit switch
    {
        Limit.Connections => "Limits:MaxConnections",
        Limit.ConnectionsPerAddress => "Limits:MaxConnectionsPerAddress",
        Limit.RequestLine => "Limits:MaxRequestLineBytes",
        Limit.HeaderBytes => "Limits:MaxHeaderBytes",
        Limit.HeaderCount => "Limits:MaxHeaderCount",
        Limit.HeaderTime => "Limits:HeaderTimeout",
        Limit.EventBytes => "Limits:MaxEventBytes",
        Limit.BatchBytes => "Limits:MaxBatchBytes",
        Limit.BatchEvents => "Limits:MaxBatchEvents",
        Limit.BodyMemory => "Limits:MaxBodyMemory",
        Limit.BodyMemoryPerClient => "Limits:MaxBodyMemoryPerClient",
        Limit.BodyIdle => "Limits:BodyIdleTimeout",
        Limit.BodyRate => "Limits:MinBodyRate",
        Limit.PublishRate => "Limits:PublishRate",
        Limit.Streams => "Limits:MaxStreams",
        Limit.StreamsPerClient => "Limits:MaxStreamsPerClient",
        Limit.StreamsPerTopic => "Limits:MaxStreamsPerTopic",
        Limit.TopicsPerSubscription => "Limits:MaxTopicsPerSubscription",
        Limit.TopicsPerClient => "Limits:MaxTopicsPerClient",
        Limit.PatternsPerClient => "Limits:MaxPatternsPerClient",
        Limit.Topics => "Topics:MaxTopics",
        Limit.Patterns => "Topics:MaxPatterns",
        Limit.Memory => "Limits:MaxMemory",
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    /// <summary>Whether it can be in the way of a stream that may open later.</summary>
    public static bool IsSoft(Limit limit) => limit is Limit.Connections or Limit.ConnectionsPerAddress or Limit.Streams or Limit.StreamsPerClient or Limit.StreamsPerTopic or Limit.TopicsPerClient
        or Limit.PatternsPerClient or Limit.Topics or Limit.Patterns or Limit.Memory;

    /// <summary>What a client is told at a limit that may be gone when it comes again.</summary>
    public static string Explain(Limit limit) => limit switch
    {
        Limit.Connections => "The server has reached its connection limit; retry later, or raise Limits:MaxConnections.",
        Limit.ConnectionsPerAddress => "Your address has reached its connection limit; close some connections, retry later, or raise Limits:MaxConnectionsPerAddress.",
        Limit.Streams => "The server has reached its stream limit; retry later, or raise Limits:MaxStreams.",
        Limit.StreamsPerClient => "You have reached the stream limit of one client; close some streams, or raise Limits:MaxStreamsPerClient.",
        Limit.StreamsPerTopic => "A topic has reached its stream limit; retry later, or raise Limits:MaxStreamsPerTopic.",
        Limit.TopicsPerClient => "Your streams have reached the topic limit of one client; close some streams, or raise Limits:MaxTopicsPerClient.",
        Limit.PatternsPerClient => "Your streams have reached the pattern limit of one client; close some streams, or raise Limits:MaxPatternsPerClient.",
        Limit.Topics => "The server has reached its topic limit; retry later, or raise Topics:MaxTopics.",
        Limit.Patterns => "The server has reached its limit of distinct patterns; retry later, or raise Topics:MaxPatterns.",
        Limit.BodyMemory => "The server has reached its memory limit for request bodies; "
            + "send the body again after Retry-After seconds, faster or in smaller parts, or raise Limits:MaxBodyMemory.",
        Limit.BodyMemoryPerClient => "Your requests have reached the body memory limit of one client; "
            + "send the body again after Retry-After seconds, faster or in smaller parts, or raise Limits:MaxBodyMemoryPerClient.",
        Limit.Memory => "The server is short of memory; retry later.",
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    /// <summary>The limit behind a refusal of the transport's; <see cref="Limit.None"/> where it was none.</summary>
    public static Limit Of(RequestRejection rejection) => rejection switch
    {
        RequestRejection.RequestLineTooLong => Limit.RequestLine,
        RequestRejection.HeaderSectionTooLarge => Limit.HeaderBytes,
        RequestRejection.TooManyHeaders => Limit.HeaderCount,
        RequestRejection.RequestTimeout => Limit.HeaderTime,
        RequestRejection.BodyTimeout => Limit.BodyIdle,
        RequestRejection.BodyTooSlow => Limit.BodyRate,
        _ => Limit.None,
    };
}
