using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Where a request comes from: a program or page of the server's own machine, or another client, perhaps through a proxy. The sender can
/// forge everything that is read here, so it is only used to take rights away. Pure.
/// </summary>
internal static class RequestOrigins
{
    // X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto and others.
    private static ReadOnlySpan<byte> ForwardedPrefix => "X-Forwarded-"u8;

    /// <summary>
    /// Returns whether the request was sent to a loopback name, which no page or program of another machine can reach, and shows no sign
    /// of a proxy. A proxy that adds no field and sets Host to the server's own address goes unnoticed, so this is not enough where
    /// proxies are likely.
    /// </summary>
    public static bool IsDirect(HttpExchange exchange) => LoopbackNames.Contains(exchange.Request.Host) && !CameThroughProxy(exchange);

    /// <summary>
    /// Returns whether the request shows signs of a proxy: then its connection says nothing about the client. Some proxies show none.
    /// </summary>
    public static bool CameThroughProxy(HttpExchange exchange)
    {
        if (exchange.Connection.HasProxyHeader || exchange.IsFromTrustedProxy) return true;
        var request = exchange.Request;
        // nginx with proxy_pass alone adds no field, but speaks HTTP/1.0 to its upstreams (until 1.29.7), which no browser and hardly any
        // program still does.
        if (!request.IsHttp11) return true;
        for (var i = 0; i < request.HeaderCount; i++)
            if (IsProxyField(request.HeaderName(i))) return true;
        return false;
    }

    /// <summary>
    /// Returns whether the browser says that a page of the same origin, or with <paramref name="orSite"/> of the same site, sent the
    /// request (Fetch Metadata, Sec-Fetch-Site). The browser compares with the name that it asked for, so no proxy changes the result.
    /// Returns <paramref name="ifSilent"/> if there is no such field, as from older browsers, and from all over plain HTTP.
    /// </summary>
    public static bool IsSameOrigin(RequestHead request, bool orSite, bool ifSilent)
    {
        var count = request.CountHeaders("Sec-Fetch-Site"u8);
        if (count == 0) return ifSilent;
        if (count > 1 || !request.TryGetHeader("Sec-Fetch-Site"u8, out var site)) return false;
        return site.SequenceEqual("same-origin"u8) || (orSite && site.SequenceEqual("same-site"u8));
    }

    private static bool IsProxyField(ReadOnlySpan<byte> name)
        => HttpTokens.EqualsIgnoreCase(name, "Forwarded"u8)
            || HttpTokens.EqualsIgnoreCase(name, "Via"u8)
            || HttpTokens.EqualsIgnoreCase(name, "X-Real-IP"u8)
            || (name.Length > ForwardedPrefix.Length && HttpTokens.EqualsIgnoreCase(name[..ForwardedPrefix.Length], ForwardedPrefix));
}
