using SseServer.Transport;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of connections.</summary>
internal static class TransportSettings
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Declares and reads them.</summary>
    public static TransportOptions Read(SettingsReader reader, IReadOnlyList<ListenAddress> listen)
    {
        var defaults = new TransportOptions();
        return defaults with
        {
            ParserLimits = defaults.ParserLimits with
            {
                MaxRequestLineBytes = reader.Integer("Limits:MaxRequestLineBytes", defaults.ParserLimits.MaxRequestLineBytes, 256, 1024 * 1024, "Bytes of a request's first line; longer ones get 414."),
                MaxHeaderBytes = reader.Integer("Limits:MaxHeaderBytes", defaults.ParserLimits.MaxHeaderBytes, 1024, 1024 * 1024, "Bytes of a request's header fields; more get 431."),
                MaxHeaderCount = reader.Integer("Limits:MaxHeaderCount", defaults.ParserLimits.MaxHeaderCount, 10, 1000, "Header fields of a request; more get 431."),
            },
            Tls = TlsSettings.Read(reader, listen),
            Proxies = ProxySettings.Read(reader),
            MaxConnections = reader.Integer("Limits:MaxConnections", defaults.MaxConnections, 0, 10_000_000, "Connections at once; 0 sets no bound but the limit of open files (ulimit -n), which holds in any case."),
            MaxConnectionsPerAddress = reader.Integer("Limits:MaxConnectionsPerAddress", defaults.MaxConnectionsPerAddress, 0, 10_000_000, "Connections at once from one IPv4 address or IPv6 /64, but for trusted proxies; 0 sets no bound."),
            MaxHeadMemory = reader.Bytes("Limits:MaxHeadMemory", defaults.MaxHeadMemory, 2 * 1024 * 1024, long.MaxValue,
                "Bytes that the unfinished heads of all requests may hold; beyond it the oldest of them get 408."),
            HeaderTimeout = reader.Duration("Limits:HeaderTimeout", defaults.HeaderTimeout, Second, Hour, "Time for a request's head to arrive."),
            KeepAliveTimeout = reader.Duration("Limits:KeepAliveTimeout", defaults.KeepAliveTimeout, Second, Hour, "Time that a connection may stay open between requests."),
            BodyIdleTimeout = reader.Duration("Limits:BodyIdleTimeout", defaults.BodyIdleTimeout, Second, Hour, "Time without a byte after which a request's body is given up."),
            MinBodyRate = reader.Integer("Limits:MinBodyRate", defaults.MinBodyRate, 0, 1024 * 1024,
                "Bytes a second that a request's body must arrive with, after its first 5 seconds and over any time longer than "
                    + "Limits:BodyIdleTimeout; "
                + "slower ones get 408. Event streams are exempt. 0 sets no bound."),
            StalledWriteTimeout = reader.Duration("Streams:StalledTimeout", defaults.StalledWriteTimeout, Second, Hour, "Time after which a reader that takes nothing, or has vanished, is disconnected."),
        };
    }
}
