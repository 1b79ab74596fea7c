using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using SseServer.Protocol.Proxy;
using SseServer.Transport.Proxies;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for proxies in front of the server.</summary>
internal static class ProxySettings
{
    private const string TrustedKey = "Proxy:Trusted";

    /// <summary>Declares and reads them.</summary>
    public static ProxyOptions Read(SettingsReader reader)
    {
        var trusted = new List<IPNetwork>();
        var texts = reader.List(TrustedKey, [],
            "Addresses and networks (10.0.0.0/8, fd00::/8) of proxies that are trusted to name their clients. Limits per client need it.");
        foreach (var text in texts)
        {
            if (TryParse(text, out var network, out var problem)) trusted.Add(network);
            else reader.Reject(TrustedKey, text, $"{problem}; use an address, or a network such as 10.0.0.0/8 or fd00::/8.");
        }

        // Off, because a proxy that sends no such header would be locked out.
        var expectsHeader = reader.Choice("Proxy:Protocol", "off", ["off", "on"],
            "Whether connections from trusted proxies begin with a PROXY header (version 1 or 2), before any TLS.") == "on";
        var header = reader.Choice("Proxy:Header", "x-forwarded-for", ["x-forwarded-for", "forwarded"],
            "The field in which trusted proxies name their clients; the other one is ignored, because a client could send it.");
        if (expectsHeader && trusted.Count == 0)
            reader.Reject("Proxy:Protocol is on, but no proxy is trusted; list the proxies' addresses in Proxy:Trusted.");
        return new ProxyOptions { Trusted = trusted, ExpectsHeader = expectsHeader, UsesForwarded = header == "forwarded" };
    }

    private static bool TryParse(string text, out IPNetwork network, [NotNullWhen(false)] out string? problem)
    {
        network = default;
        problem = "is not an address or network";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!AddressText.TryParse(Encoding.UTF8.GetBytes(slash < 0 ? text : text[..slash]), out var address)) return false;
        var length = address!.GetAddressBytes().Length * 8;
        if (slash >= 0)
        {
            if (!byte.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)) return false;
            if (prefix > length) return false;
            length = prefix;
        }

        problem = "has bits beyond its prefix";
        network = new IPNetwork(address, length);
        if (!network.BaseAddress.Equals(address)) return false;
        problem = null;
        return true;
    }
}
