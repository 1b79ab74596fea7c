using System.Net;

namespace SseServer.Transport.Proxies;

/// <summary>Which proxies are trusted to name the client. Immutable; validated once, at start.</summary>
internal sealed record ProxyOptions
{
    /// <summary>No proxy is trusted: the client is the connection's peer.</summary>
    public static readonly ProxyOptions Default = new();

    /// <summary>The addresses of trusted proxies.</summary>
    public IReadOnlyList<IPNetwork> Trusted { get; init; } = [];

    /// <summary>Whether connections from <see cref="Trusted"/> begin with a PROXY header. Defaults to false.</summary>
    public bool ExpectsHeader { get; init; }

    /// <summary>
    /// Whether proxies write Forwarded (RFC 7239) instead of X-Forwarded-For. Only the field that they write is read, because a client
    /// could have sent the other. Defaults to false.
    /// </summary>
    public bool UsesForwarded { get; init; }
}
