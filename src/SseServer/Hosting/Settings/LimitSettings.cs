using SseServer.Endpoints;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of what streams and publishers may take, in all and each.</summary>
internal static class LimitSettings
{
    private const string Elsewhere = "0 sets no bound, as is the default of a server on loopback without Proxy:Trusted; the default elsewhere is ";

    /// <summary>Declares and reads them. A server that only its own machine reaches bounds no client unless it is told to.</summary>
    /// <param name="reader">Where they stand.</param>
    /// <param name="hasStrangers">Others than programs of the server's own machine can come: directly, or through proxies.</param>
    /// <param name="memory">Bytes that the process may use.</param>
    public static LimitOptions Read(SettingsReader reader, bool hasStrangers, long memory)
    {
        var networks = LimitOptions.ForNetworks;
        var defaults = hasStrangers ? networks : LimitOptions.None;
        var bodies = reader.Bytes("Limits:MaxBodyMemory", 0, 0, long.MaxValue,
            "Bytes that the bodies of all requests may hold until their events are published; beyond it slow bodies are given up, "
            + "and others refused with 503. 0 stands for an eighth of Limits:MaxMemory, at least 32 MB and at most 256 MB.");
        if (bodies == 0) bodies = LimitOptions.BodyMemoryWithin(memory);
        return new LimitOptions
        {
            MaxBodyMemory = bodies,
            // Half: the largest batch fits into the smallest default, and one client alone does not put others to the test of who is
            // slower.
            MaxBodyMemoryPerClient = reader.Bytes("Limits:MaxBodyMemoryPerClient", hasStrangers ? bodies / 2 : 0, 0, long.MaxValue,
                $"Of Limits:MaxBodyMemory the bytes of one client's requests; more get 429. {Elsewhere}half of it."),
            MaxStreams = reader.Integer("Limits:MaxStreams", defaults.MaxStreams, 0, 10_000_000, "Streams at once; 0 sets no bound."),
            MaxStreamsPerClient = reader.Integer("Limits:MaxStreamsPerClient", defaults.MaxStreamsPerClient, 0, 10_000_000,
                $"Streams at once of one client: a name that was proved, an IPv4 address or an IPv6 /64. {Elsewhere}{networks.MaxStreamsPerClient}."),
            MaxTopicsPerClient = reader.Integer("Limits:MaxTopicsPerClient", defaults.MaxTopicsPerClient, 0, 10_000_000,
                $"Topics that one client's streams name, counted for each stream. {Elsewhere}{networks.MaxTopicsPerClient}."),
            MaxPatternsPerClient = reader.Integer("Limits:MaxPatternsPerClient", defaults.MaxPatternsPerClient, 0, 10_000_000,
                $"Patterns that one client's streams name, counted for each stream. {Elsewhere}{networks.MaxPatternsPerClient}."),
            PublishRate = reader.Integer("Limits:PublishRate", defaults.PublishRate, 0, 10_000_000,
                "Events a second from one publisher, counted like clients; more get 429, and streams of events are read more slowly. 0 sets no bound."),
            PublishBurst = reader.Integer("Limits:PublishBurst", defaults.PublishBurst, 0, 100_000_000,
                "Events that a publisher may send at once after a pause; 0 stands for a second's worth of Limits:PublishRate."),
        };
    }
}
