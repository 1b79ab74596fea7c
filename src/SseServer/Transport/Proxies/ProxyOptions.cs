using System.Net;

namespace SseServer.Transport.Proxies;

/// <summary>Which proxies are trusted to name their clients, and how they do. Validated when it is read; immutable.</summary>
internal sealed record ProxyOptions
{
    /// <summary>No proxy is trusted: the client of a connection is its peer.</summary>
    public static readonly ProxyOptions Default = new();

    /// <summary>The addresses of trusted proxies. None by default.</summary>
    public IReadOnlyList<IPNetwork> Trusted { get; init; } = [];

    /// <summary>Whether connections from <see cref="Trusted"/> begin with a header of the PROXY protocol. Default false.</summary>
    public bool ExpectsHeader { get; init; }

    /// <summary>
    /// Whether the proxies send Forwarded (RFC 7239) instead of X-Forwarded-For. Only that field is read, because a client could send the
    /// other one. Default false, like most proxies.
    /// </summary>
    public bool UsesForwarded { get; init; }
}
