using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Where a request comes from: a program or page of the server's own machine, or somebody else, for whom a proxy may speak. Everything
/// here can be made up by who sends the request, so it only ever takes rights away. Pure.
/// </summary>
internal static class RequestOrigins
{
    // X-Forwarded-For, -Host, -Proto and others.
    private static ReadOnlySpan<byte> ForwardedPrefix => "X-Forwarded-"u8;

    /// <summary>
    /// Nothing says that a proxy passed the request on, and it was sent to a loopback name, which a page or program of another machine
    /// could not have reached. A proxy that adds nothing and sets Host to the server's own address passes for this machine, so more than
    /// this is needed where proxies are likely.
    /// </summary>
    public static bool IsDirect(HttpExchange exchange) => LoopbackNames.Contains(exchange.Request.Host) && !CameThroughProxy(exchange);

    /// <summary>
    /// A connection from this machine says nothing of who sits behind a proxy that made it, and proxies say so in one of these ways, or
    /// not at all.
    /// </summary>
    public static bool CameThroughProxy(HttpExchange exchange)
    {
        if (exchange.Connection.HasProxyHeader || exchange.IsFromTrustedProxy) return true;
        var request = exchange.Request;
        // nginx with proxy_pass alone adds no field, but speaks HTTP/1.0 to its upstreams (until 1.29.7), which no browser and hardly any
        // program does any more.
        if (!request.IsHttp11) return true;
        for (var i = 0; i < request.HeaderCount; i++)
            if (IsOfProxies(request.HeaderName(i))) return true;

        return false;
    }

    /// <summary>
    /// Whether the browser says that a page of the same origin, or with <paramref name="orSite"/> of the same site, sent the request
    /// (Fetch Metadata, Sec-Fetch-Site). The browser compares with the name that it asked for, so no proxy changes the answer. <paramref
    /// name="ifSilent"/> where it says nothing, as older ones do, and all over plain HTTP.
    /// </summary>
    public static bool IsSameOrigin(RequestHead request, bool orSite, bool ifSilent)
    {
        var count = request.CountHeaders("Sec-Fetch-Site"u8);
        if (count == 0) return ifSilent;
        if (count > 1 || !request.TryGetHeader("Sec-Fetch-Site"u8, out var site)) return false;
        return site.SequenceEqual("same-origin"u8) || (orSite && site.SequenceEqual("same-site"u8));
    }

    private static bool IsOfProxies(ReadOnlySpan<byte> name)
        => HttpTokens.EqualsIgnoreCase(name, "Forwarded"u8)
            || HttpTokens.EqualsIgnoreCase(name, "Via"u8)
            || HttpTokens.EqualsIgnoreCase(name, "X-Real-IP"u8)
            || (name.Length > ForwardedPrefix.Length && HttpTokens.EqualsIgnoreCase(name[..ForwardedPrefix.Length], ForwardedPrefix));
}
