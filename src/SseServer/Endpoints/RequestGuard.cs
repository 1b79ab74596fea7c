using System.Net;
using System.Text;
using SseServer.Auth;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// Who may ask for what, by where the request says it comes from: against pages that rebind a name to this machine (Host), pages of other
/// origins that post (Origin), and anonymous publishing through a proxy.
/// </summary>
internal sealed class RequestGuard(EndpointOptions options, CorsPolicy cors)
{
    private readonly PublishKeys _keys = new(options.PublishKeys);
    private readonly HashSet<string> _hosts = options.AllowedHosts.ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with any request's Host; null where nothing is.</summary>
    public Problem? CheckHost(RequestHead request)
    {
        // Without a Host there is no name to rebind: browsers always send one, and HTTP/1.0 health checks often do not.
        if (!options.IsLoopbackOnly || request.Host.IsEmpty || IsLoopbackHost(request.Host) || IsListed(request.Host)) return null;
        return new(421, "This server listens on loopback and answers to loopback names only; list other names in Server:AllowedHosts.");
    }

    /// <summary>What forbids a request that changes something; null where nothing does.</summary>
    public Problem? CheckChange(RequestHead request)
    {
        if (request.CountHeaders("Origin"u8) > 1) return Problem.BadRequest("Send one Origin field only.");
        if (request.TryGetHeader("Origin"u8, out var origin) && !IsLoopbackOrigin(origin) && !cors.Lists(origin))
            return new(403, "Pages of this origin may not publish; list the origin by name in Cors:AllowedOrigins.");
        if (HasKey(request)) return null;
        // Who shows a key wants it to count: a wrong one is told, also where none is needed.
        var showsKey = !_keys.IsEmpty && request.CountHeaders("Authorization"u8) > 0;
        if (options.AllowAnonymousPublish == true && !showsKey) return null;
        if (options.AllowAnonymousPublish is not null || !_keys.IsEmpty || !options.IsLoopbackOnly)
            return new(401, "Publishing needs a key: send Authorization: Bearer and one of the keys of Auth:PublishKeys.");
        if (CameThroughProxy(request))
            return new(403, "Publishing without a key is not possible through a proxy; set Auth:PublishKeys, or Auth:AllowAnonymousPublish=true.");
        return null;
    }

    private bool HasKey(RequestHead request)
    {
        if (_keys.IsEmpty || !request.TryGetHeader("Authorization"u8, out var value)) return false;
        var scheme = "Bearer "u8;
        return value.Length > scheme.Length && HttpTokens.EqualsIgnoreCase(value[..scheme.Length], scheme)
            && _keys.Contains(HttpTokens.TrimWhitespace(value[scheme.Length..]));
    }

    private static bool CameThroughProxy(RequestHead request)
        => request.CountHeaders("Forwarded"u8) > 0 || request.CountHeaders("X-Forwarded-For"u8) > 0 || request.CountHeaders("Via"u8) > 0;

    private bool IsListed(ReadOnlySpan<byte> host) => _hosts.Count > 0 && _hosts.Contains(Encoding.ASCII.GetString(WithoutPort(host)));

    // serialized-origin = scheme "://" host [ ":" port ] (RFC 6454 section 6.2); anything more is no origin.
    private static bool IsLoopbackOrigin(ReadOnlySpan<byte> origin)
    {
        var scheme = origin.StartsWith("https://"u8) ? "https://"u8 : "http://"u8;
        return origin.StartsWith(scheme) && !origin[scheme.Length..].ContainsAny("/@?#"u8) && IsLoopbackHost(origin[scheme.Length..]);
    }

    // localhost and names under it are loopback by RFC 6761 section 6.3; an address is what it says.
    private static bool IsLoopbackHost(ReadOnlySpan<byte> host)
    {
        var name = WithoutPort(host);
        if (name.Length > 255) return false;
        if (name.EndsWith("."u8)) name = name[..^1];
        if (name.IsEmpty) return false;
        // The usual three need no parsing.
        if (name.SequenceEqual("127.0.0.1"u8) || name.SequenceEqual("[::1]"u8) || HttpTokens.EqualsIgnoreCase(name, "localhost"u8)) return true;
        var suffix = ".localhost"u8;
        if (name.Length > suffix.Length && HttpTokens.EqualsIgnoreCase(name[^suffix.Length..], suffix)) return true;
        if (name[0] == '[') name = name.Trim("[]"u8);
        // Forms like 127.1 or 0x7f.1 are refused: what a proxy and this server read differently is nobody's address.
        return IPAddress.TryParse(Encoding.ASCII.GetString(name), out var address) && IPAddress.IsLoopback(address)
            && (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 || name.Count((byte)'.') == 3);
    }

    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        return colon < 0 || host[colon..].Contains((byte)']') ? host : host[..colon];
    }
}
