namespace SseServer.Endpoints;

/// <summary>
/// How much streams and publishers may use, in total and per client. 0, the default of a server that only its own machine can reach, is no
/// limit. Validated when it is read; immutable.
/// </summary>
internal sealed record LimitOptions
{
    /// <summary>No limits.</summary>
    public static readonly LimitOptions None = new();

    /// <summary>The defaults of a server that other machines can reach.</summary>
    public static readonly LimitOptions ForNetworks = new()
    {
        // An office of a hundred people or more behind one address, each with the six connections that a browser opens to a server.
        MaxStreamsPerClient = 1_000,

        // A tenth of the topics that a server has by default.
        MaxTopicsPerClient = 10_000,

        // A quarter of the patterns that a server has by default.
        MaxPatternsPerClient = 64,
    };

    /// <summary>
    /// Memory for request bodies of a server that may use <paramref name="memory"/> bytes: an eighth, so that bodies alone never cause
    /// memory pressure. At most 256 MB, like history, and at least 32 MB, so that the largest batch fits.
    /// </summary>
    public static long BodyMemoryWithin(long memory) => Math.Clamp(memory / 8, 32L * 1024 * 1024, 256L * 1024 * 1024);

    /// <summary>Most streams in total. Default 0: file descriptors and memory already limit them.</summary>
    public int MaxStreams { get; init; }

    /// <summary>Most streams of one client.</summary>
    public int MaxStreamsPerClient { get; init; }

    /// <summary>Most topics named by a client's streams, counted once for each stream.</summary>
    public int MaxTopicsPerClient { get; init; }

    /// <summary>Most patterns named by a client's streams, counted once for each stream.</summary>
    public int MaxPatternsPerClient { get; init; }

    /// <summary>Bytes for all request bodies, as received and as events, until the events are published.</summary>
    public long MaxBodyMemory { get; init; }

    /// <summary>The part of <see cref="MaxBodyMemory"/> that one client's requests may use, in bytes.</summary>
    public long MaxBodyMemoryPerClient { get; init; }

    /// <summary>
    /// Events a second from one publisher. Default 0: publishers have a key or run on this machine, and a limit would hit the busiest
    /// first.
    /// </summary>
    public int PublishRate { get; init; }

    /// <summary>Events that a publisher may send at once after a pause. Default 0, one second of <see cref="PublishRate"/>.</summary>
    public int PublishBurst { get; init; }
}
