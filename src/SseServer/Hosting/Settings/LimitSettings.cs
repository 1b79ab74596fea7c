using SseServer.Endpoints;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for what streams and publishers may use, in total and per client.</summary>
internal static class LimitSettings
{
    private const string Elsewhere = "0 is no limit, the default on loopback without Proxy:Trusted; the default elsewhere is ";

    /// <summary>Declares and reads them. A server that only its own machine can reach limits no client unless it is told to.</summary>
    /// <param name="reader">The settings to read from.</param>
    /// <param name="hasStrangers">Whether other machines can connect, directly or through proxies.</param>
    /// <param name="memory">Bytes that the process may use.</param>
    public static LimitOptions Read(SettingsReader reader, bool hasStrangers, long memory)
    {
        var networks = LimitOptions.ForNetworks;
        var defaults = hasStrangers ? networks : LimitOptions.None;
        var bodies = reader.Bytes("Limits:MaxBodyMemory", 0, 0, long.MaxValue,
            "Memory for the bodies of all requests until their events are published; beyond it slow bodies are aborted, and others get "
                + "503. 0 is an eighth of Limits:MaxMemory, at least 32 MB and at most 256 MB.");
        if (bodies == 0) bodies = LimitOptions.BodyMemoryWithin(memory);
        return new LimitOptions
        {
            MaxBodyMemory = bodies,
            // Half: the largest batch fits into the smallest default, and one client alone cannot use up the memory of all others.
            MaxBodyMemoryPerClient = reader.Bytes("Limits:MaxBodyMemoryPerClient", hasStrangers ? bodies / 2 : 0, 0, long.MaxValue,
                $"The part of Limits:MaxBodyMemory that the requests of one client may use; more get 429. {Elsewhere}half of it."),
            MaxStreams = reader.Integer("Limits:MaxStreams", defaults.MaxStreams, 0, 10_000_000, "Most streams at once; 0 is no limit."),
            MaxStreamsPerClient = reader.Integer("Limits:MaxStreamsPerClient", defaults.MaxStreamsPerClient, 0, 10_000_000,
                "Most streams at once of one client: an authenticated name, an IPv4 address or an IPv6 /64. "
                    + $"{Elsewhere}{networks.MaxStreamsPerClient}."),
            MaxTopicsPerClient = reader.Integer("Limits:MaxTopicsPerClient", defaults.MaxTopicsPerClient, 0, 10_000_000,
                $"Most topics named by the streams of one client, counted for each stream. {Elsewhere}{networks.MaxTopicsPerClient}."),
            MaxPatternsPerClient = reader.Integer("Limits:MaxPatternsPerClient", defaults.MaxPatternsPerClient, 0, 10_000_000,
                $"Most patterns named by the streams of one client, counted for each stream. {Elsewhere}{networks.MaxPatternsPerClient}."),
            PublishRate = reader.Integer("Limits:PublishRate", defaults.PublishRate, 0, 10_000_000,
                "Events a second from one publisher; more get 429, and uploads of many events are slowed down. Publishers are told apart "
                    + "like clients. 0 is no limit."),
            PublishBurst = reader.Integer("Limits:PublishBurst", defaults.PublishBurst, 0, 100_000_000,
                "Events that a publisher may send at once after a pause; 0 is one second of Limits:PublishRate."),
        };
    }
}
