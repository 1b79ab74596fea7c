using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace SseServer.Hosting.Settings;

/// <summary>
/// An address to listen on: <c>HOST:PORT</c>, or <c>https://HOST:PORT</c> for TLS. HOST is an IPv4 address, an IPv6 address in brackets,
/// <c>localhost</c> (both loopback addresses) or <c>*</c> (every address); other names are not looked up. Port 0 asks the system for a free
/// port.
/// </summary>
internal sealed record ListenAddress
{
    private readonly IPAddress[] _addresses;

    private ListenAddress(bool isTls, string host, IPAddress[] addresses, int port)
    {
        IsTls = isTls;
        Host = host;
        _addresses = addresses;
        Port = port;
        IsLoopback = Array.TrueForAll(addresses, IPAddress.IsLoopback);
    }

    /// <summary>Whether its connections use TLS.</summary>
    public bool IsTls { get; }

    /// <summary>The host as written.</summary>
    public string Host { get; }

    /// <summary>0 to 65535.</summary>
    public int Port { get; }

    /// <summary>Whether only this machine can connect.</summary>
    public bool IsLoopback { get; }

    /// <summary>
    /// Reads <c>HOST:PORT</c> with or without a scheme. If it cannot, <paramref name="problem"/> is a predicate to the text that says what
    /// is wrong, then what to do: <c>has no port; write ...</c>
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        var isTls = TakeScheme(ref text, "https://");
        if (!isTls) TakeScheme(ref text, "http://");
        problem = Read(text, out var host, out var addresses, out var port);
        if (problem is null) address = new ListenAddress(isTls, host, addresses, port);
        return problem is null;
    }

    /// <summary>The endpoints to bind: two for <c>localhost</c> and <c>*</c> if the machine has IPv6, otherwise one.</summary>
    /// <param name="ipv6">Whether the machine has IPv6; an IPv6 address that was given as such is always kept.</param>
    public IReadOnlyList<IPEndPoint> GetEndPoints(bool ipv6)
    {
        var endPoints = new List<IPEndPoint>(_addresses.Length);
        for (var i = 0; i < _addresses.Length; i++)
            if (i == 0 || ipv6) endPoints.Add(new IPEndPoint(_addresses[i], Port));

        return endPoints;
    }

    /// <inheritdoc/>
    public bool Equals(ListenAddress? other)
        => other is not null && Port == other.Port && string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StringComparer.OrdinalIgnoreCase.GetHashCode(Host), Port);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsTls ? "https://" : "")}{Host}:{Port}");

    private static bool TakeScheme(ref string text, string scheme)
    {
        if (!text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return false;
        text = text[scheme.Length..];
        return true;
    }

    private static string? Read(string text, out string host, out IPAddress[] addresses, out int port)
    {
        const string form =
            "; write HOST:PORT, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080, with https:// before it for TLS.";
        (host, addresses, port) = ("", [], 0);
        if (text.Contains("://", StringComparison.Ordinal)) return "has a scheme other than https or http" + form;
        if (text.Contains('/', StringComparison.Ordinal)) return "has a path" + form;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']')) return (ushort.TryParse(text, out _) ? "has no host" : "has no port") + form;

        host = text[..colon];
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return "has no valid port; write HOST:PORT with a port between 0 and 65535.";
        port = number;

        addresses = host switch
        {
            "*" => [IPAddress.Any, IPAddress.IPv6Any],
            _ when host.Equals("localhost", StringComparison.OrdinalIgnoreCase) => [IPAddress.Loopback, IPAddress.IPv6Loopback],
            ['[', .. var inner, ']'] when IPAddress.TryParse(inner, out var v6) && inner.Contains(':', StringComparison.Ordinal) => [v6],
            _ when IPAddress.TryParse(host, out var v4) && v4.ToString() == host && !host.Contains(':', StringComparison.Ordinal) => [v4],
            _ => [],
        };
        if (addresses.Length > 0) return null;
        if (host.Length == 0) return "has no host" + form;
        return host.Contains(':', StringComparison.Ordinal) && host[0] != '['
            ? "has an IPv6 address without brackets; write [IPV6]:PORT, such as [::1]:8080."
            : "has a host that is not an IP address" + form;
    }
}
