namespace SseServer.Endpoints;

/// <summary>
/// What streams and publishers may take, in total and each. 0 means no bound, the default for a server that only its own machine can reach.
/// Validated by the settings; immutable.
/// </summary>
internal sealed record LimitOptions
{
    public static readonly LimitOptions None = new();

    /// <summary>The defaults of a server that other machines can reach.</summary>
    public static readonly LimitOptions ForNetworks = new()
    {
        // An office of 150 people behind one address, each with the six connections that a browser opens to a server.
        MaxStreamsPerClient = 1_000,

        // A tenth of the topics that a server has by default.
        MaxTopicsPerClient = 10_000,

        // A quarter of the patterns that a server has by default.
        MaxPatternsPerClient = 64,
    };

    /// <summary>
    /// Returns the bound on the memory of bodies for a server that may use <paramref name="memory"/> bytes: an eighth, so that a crowd of
    /// bodies alone never makes memory short. At most 256 MB, as for history, and at least 32 MB, which holds the largest batch.
    /// </summary>
    public static long BodyMemoryWithin(long memory) => Math.Clamp(memory / 8, 32L * 1024 * 1024, 256L * 1024 * 1024);

    /// <summary>Streams in total. File descriptors and memory bound them in any case.</summary>
    public int MaxStreams { get; init; }

    /// <summary>Streams of one client.</summary>
    public int MaxStreamsPerClient { get; init; }

    /// <summary>Topics named by one client's streams, counted once per stream.</summary>
    public int MaxTopicsPerClient { get; init; }

    /// <summary>Patterns named by one client's streams, counted once per stream.</summary>
    public int MaxPatternsPerClient { get; init; }

    /// <summary>Bytes that the bodies of requests hold at once, as received and as events, until they are in the history.</summary>
    public long MaxBodyMemory { get; init; }

    /// <summary>The share of these bytes that one client's requests may hold.</summary>
    public long MaxBodyMemoryPerClient { get; init; }

    /// <summary>
    /// Events per second from one publisher. Off by default: publishers have a key or are on this machine, and the busiest would be hit
    /// first.
    /// </summary>
    public int PublishRate { get; init; }

    /// <summary>Events at once after a pause; 0 means as many as in one second.</summary>
    public int PublishBurst { get; init; }
}
