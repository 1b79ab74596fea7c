using System.Net;

namespace SseServer.Transport.Proxies;

/// <summary>Whom to believe about whose a request is. Immutable; validated once, at start.</summary>
internal sealed record ProxyOptions
{
    /// <summary>Nobody is believed: every connection is its other side's own.</summary>
    public static readonly ProxyOptions Default = new();

    /// <summary>The addresses of proxies that tell the truth.</summary>
    public IReadOnlyList<IPNetwork> Trusted { get; init; } = [];

    /// <summary>Connections from <see cref="Trusted"/> begin with a header of the PROXY protocol.</summary>
    public bool ExpectsHeader { get; init; }

    /// <summary>
    /// Whether proxies write Forwarded (RFC 7239) and not X-Forwarded-For, as most do. Only the one they write is read: the other one would
    /// be the client's own word.
    /// </summary>
    public bool UsesForwarded { get; init; }
}
