namespace SseServer.Endpoints;

/// <summary>
/// How much streams and publishers may take, in all and each. 0 sets no bound, which is what a server has that only its own machine reaches.
/// Validated where it is read; immutable.
/// </summary>
internal sealed record LimitOptions
{
    public static readonly LimitOptions None = new();

    /// <summary>What holds for a server that others than its own machine can reach.</summary>
    public static readonly LimitOptions ForNetworks = new()
    {
        // An office of some hundred people behind one address, each with the six connections that a browser opens to a server.
        MaxStreamsPerClient = 1_000,

        // A tenth of the topics that a server has by default.
        MaxTopicsPerClient = 10_000,

        // A quarter of the patterns that a server has by default.
        MaxPatternsPerClient = 64,
    };

    /// <summary>
    /// The bound on bodies' memory of a server that may use <paramref name="memory"/> bytes: an eighth, so that a crowd of bodies alone
    /// never makes memory short. 256 MB at most, as history has, and at least 32 MB, where the largest batch still fits.
    /// </summary>
    public static long BodyMemoryWithin(long memory) => Math.Clamp(memory / 8, 32L * 1024 * 1024, 256L * 1024 * 1024);

    /// <summary>Streams in all. Descriptors and memory bound them already.</summary>
    public int MaxStreams { get; init; }

    public int MaxStreamsPerClient { get; init; }

    /// <summary>Topics named by a client's streams, counted once for each stream.</summary>
    public int MaxTopicsPerClient { get; init; }

    /// <summary>Patterns named by a client's streams, counted once for each stream.</summary>
    public int MaxPatternsPerClient { get; init; }

    /// <summary>Bytes that the bodies of requests hold at once, as they arrived and as events, until they are in the history.</summary>
    public long MaxBodyMemory { get; init; }

    /// <summary>Of these the bytes of one client's requests.</summary>
    public long MaxBodyMemoryPerClient { get; init; }

    /// <summary>Events a second from one publisher. Off by default: publishers hold a key or are of this machine, and the busiest one would be hit first.</summary>
    public int PublishRate { get; init; }

    /// <summary>Events at once after a pause; 0 stands for a second's worth.</summary>
    public int PublishBurst { get; init; }
}
