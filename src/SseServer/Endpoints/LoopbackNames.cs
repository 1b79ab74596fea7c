using System.Net;
using System.Text;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>Hosts and origins whose names mean this machine.</summary>
internal static class LoopbackNames
{
    // serialized-origin = scheme "://" host [ ":" port ] (RFC 6454 section 6.2); with anything more it is not an origin.
    public static bool ContainsOrigin(ReadOnlySpan<byte> origin)
    {
        var scheme = origin.StartsWith("https://"u8) ? "https://"u8 : "http://"u8;
        return origin.StartsWith(scheme) && !origin[scheme.Length..].ContainsAny("/@?#"u8) && Contains(origin[scheme.Length..]);
    }

    // RFC 6761 section 6.3: localhost and the names below it are loopback.
    public static bool Contains(ReadOnlySpan<byte> host)
    {
        var name = WithoutPort(host);
        if (name.Length > 255) return false;
        if (name.EndsWith("."u8)) name = name[..^1];
        if (name.IsEmpty) return false;
        // The three common names need no parsing.
        if (name.SequenceEqual("127.0.0.1"u8) || name.SequenceEqual("[::1]"u8)) return true;
        if (HttpTokens.EqualsIgnoreCase(name, "localhost"u8)) return true;
        var suffix = ".localhost"u8;
        if (name.Length > suffix.Length && HttpTokens.EqualsIgnoreCase(name[^suffix.Length..], suffix)) return true;
        if (name[0] == '[') name = name.Trim("[]"u8);
        // Forms like 127.1 or 0x7f.1 are refused, because a proxy may read them differently.
        return IPAddress.TryParse(Encoding.ASCII.GetString(name), out var address)
            && IPAddress.IsLoopback(address)
            && (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 || name.Count((byte)'.') == 3);
    }

    /// <summary>Returns whether a Host is an IP address and not a name: IPv4 in four parts, or IPv6 in brackets.</summary>
    public static bool IsAddress(ReadOnlySpan<byte> host)
    {
        var name = WithoutPort(host);
        var isV6 = name is [(byte)'[', .., (byte)']'];
        if (isV6) name = name[1..^1];
        // As above: other forms of IPv4 addresses may be read differently by others.
        return name.Length <= 64 && IPAddress.TryParse(Encoding.ASCII.GetString(name), out _) && (isV6 || name.Count((byte)'.') == 3);
    }

    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        return colon < 0 || host[colon..].Contains((byte)']') ? host : host[..colon];
    }
}
