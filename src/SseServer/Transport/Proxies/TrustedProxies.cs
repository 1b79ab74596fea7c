using System.Net;
using SseServer.Protocol.Http;
using SseServer.Protocol.Proxy;

namespace SseServer.Transport.Proxies;

/// <summary>Finds out who asks, behind proxies that are trusted and no others. Immutable.</summary>
internal sealed class TrustedProxies(ProxyOptions options)
{
    private readonly IPNetwork[] _trusted = [.. options.Trusted];

    /// <summary>Whether any proxy is trusted.</summary>
    public bool IsAny => _trusted.Length > 0;

    /// <summary>Whether a connection from this address begins with a header of the PROXY protocol.</summary>
    public bool ExpectsHeaderFrom(IPAddress peer) => options.ExpectsHeader && Contains(peer);

    public bool Contains(IPAddress address)
    {
        foreach (var network in _trusted)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }

    /// <summary>
    /// Goes back from the connection's other side, as long as who stands there is trusted, to whom that one names. An entry that is no
    /// address ends the way: the last one found is the client.
    /// </summary>
    public IPAddress FindClient(IPAddress peer, RequestHead request)
    {
        if (!Contains(peer)) return peer;
        var name = options.UsesForwarded ? "Forwarded"u8 : "X-Forwarded-For"u8;

        // Several fields of a name are one list in their order (RFC 9110 section 5.3).
        for (var i = request.HeaderCount - 1; i >= 0; i--)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), name)) continue;
            var chain = options.UsesForwarded
                ? ForwardedChain.OfForwarded(request.HeaderValue(i))
                : ForwardedChain.OfXForwardedFor(request.HeaderValue(i));
            while (chain.TryTakeLast(out var address))
            {
                if (address is null) return peer;
                peer = address;
                if (!Contains(peer)) return peer;
            }
        }

        return peer;
    }
}
