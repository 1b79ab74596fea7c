using System.Net;
using SseServer.Protocol.Http;
using SseServer.Protocol.Proxy;

namespace SseServer.Transport.Proxies;

/// <summary>Finds the client behind trusted proxies. Immutable.</summary>
internal sealed class TrustedProxies(ProxyOptions options)
{
    private readonly IPNetwork[] _trusted = [.. options.Trusted];

    /// <summary>Whether any proxy is trusted.</summary>
    public bool IsAny => _trusted.Length > 0;

    /// <summary>Whether a connection from this address begins with a PROXY header.</summary>
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
    /// Follows the chain of proxies back from the connection's peer: as long as an address is a trusted proxy, the address that it names is
    /// next. An entry that is not an address ends the chain; the last address found is then the client.
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
