using SseServer.Transport;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for connections.</summary>
internal static class TransportSettings
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Declares and reads them.</summary>
    public static TransportOptions Read(SettingsReader reader, IReadOnlyList<ListenAddress> listen)
    {
        var defaults = new TransportOptions();
        var parser = defaults.ParserLimits;
        return defaults with
        {
            ParserLimits = parser with
            {
                MaxRequestLineBytes = reader.Integer("Limits:MaxRequestLineBytes", parser.MaxRequestLineBytes, 256, 1024 * 1024,
                    "Longest request line in bytes; longer ones get 414."),
                MaxHeaderBytes = reader.Integer("Limits:MaxHeaderBytes", parser.MaxHeaderBytes, 1024, 1024 * 1024,
                    "Most bytes of a request's header fields; more get 431."),
                MaxHeaderCount = reader.Integer("Limits:MaxHeaderCount", parser.MaxHeaderCount, 10, 1000,
                    "Most header fields of a request; more get 431."),
            },
            Tls = TlsSettings.Read(reader, listen),
            Proxies = ProxySettings.Read(reader),
            MaxConnections = reader.Integer("Limits:MaxConnections", defaults.MaxConnections, 0, 10_000_000,
                "Most connections at once; 0 is no limit but that of open files (ulimit -n), which always applies."),
            MaxConnectionsPerAddress = reader.Integer("Limits:MaxConnectionsPerAddress", defaults.MaxConnectionsPerAddress, 0, 10_000_000,
                "Most connections at once from one IPv4 address or IPv6 /64, except from trusted proxies; 0 is no limit."),
            MaxHeadMemory = reader.Bytes("Limits:MaxHeadMemory", defaults.MaxHeadMemory, 2 * 1024 * 1024, long.MaxValue,
                "Memory for the unfinished heads of all requests; beyond it the oldest of them get 408."),
            HeaderTimeout = reader.Duration("Limits:HeaderTimeout", defaults.HeaderTimeout, Second, Hour,
                "Time for a request's head to arrive."),
            KeepAliveTimeout = reader.Duration("Limits:KeepAliveTimeout", defaults.KeepAliveTimeout, Second, Hour,
                "Time that a connection may be idle between requests."),
            BodyIdleTimeout = reader.Duration("Limits:BodyIdleTimeout", defaults.BodyIdleTimeout, Second, Hour,
                "Time without a byte after which a request's body is aborted."),
            MinBodyRate = reader.Integer("Limits:MinBodyRate", defaults.MinBodyRate, 0, 1024 * 1024,
                "Lowest rate of a request's body in bytes a second, after its first 5 seconds and over any time longer than "
                    + "Limits:BodyIdleTimeout; slower ones get 408. Event streams are exempt. 0 is no limit."),
            StalledWriteTimeout = reader.Duration("Streams:StalledTimeout", defaults.StalledWriteTimeout, Second, Hour,
                "Time after which a subscriber that reads nothing, or has vanished, is disconnected."),
        };
    }
}
