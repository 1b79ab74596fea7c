using SseServer.Endpoints;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of what streams and publishers may take, in all and each.</summary>
internal static class LimitSettings
{
    private const string Elsewhere = "0 sets no bound, as is the default of a server on loopback without Proxy:Trusted; the default elsewhere is ";

    /// <summary>Declares and reads them. A server that only its own machine reaches bounds no client unless it is told to.</summary>
    /// <param name="reader">Where they stand.</param>
    /// <param name="hasStrangers">Others than programs of the server's own machine can come: directly, or through proxies.</param>
    public static LimitOptions Read(SettingsReader reader, bool hasStrangers)
    {
        var networks = LimitOptions.ForNetworks;
        var defaults = hasStrangers ? networks : LimitOptions.None;
        return new LimitOptions
        {
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
