using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace SseServer.Hosting.Settings;

/// <summary>
/// Origins as people write them. A browser sends one form alone (RFC 6454 section 6.2: lower case, IDNA's ASCII, no default port, no
/// slash behind), and one that is written otherwise would never match, in silence. What has one meaning is brought to that form;
/// everything else is refused. Pure.
/// </summary>
internal static class OriginText
{
    private const string Shape =
        "SCHEME://HOST or SCHEME://HOST:PORT as browsers send it, such as https://app.example or http://localhost:3000";

    private const string ServedShape = "the origin of a page that a server gives out, such as https://app.example";

    private const string WildcardShape = "a wildcard for whole labels before two or more, such as https://*.app.example";

    // Stands for the wildcard where its place is checked by the rules of names.
    private const string WildcardLabel = "wildcard-label.";

    // What pages of extensions and of applications' web views have for a scheme. An origin of any other is a slip: pages from files and
    // data URLs have the origin null.
    private static readonly string[] Schemes =
    [
        "https", "http", "chrome-extension", "moz-extension", "safari-web-extension", "vscode-webview", "capacitor", "ionic", "tauri",
            "app",
    ];

    /// <summary>Reads an origin, or one with a wildcard; <c>*</c> is not for this.</summary>
    /// <param name="text">As written.</param>
    /// <param name="origin">As browsers send it; a wildcard stays before its name.</param>
    /// <param name="problem">Goes on from the text: <c>has a path</c>.</param>
    /// <param name="allowed">What is right instead.</param>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out string? origin,
        [NotNullWhen(false)] out string? problem,
        [NotNullWhen(false)] out string? allowed)
    {
        origin = null;
        (problem, allowed) = Read(text, ref origin);
        return origin is not null;
    }

    private static (string? Problem, string? Allowed) Read(string text, ref string? origin)
    {
        if (text.Equals("null", StringComparison.OrdinalIgnoreCase))
            return ("is what any page can have for its origin (a file, a sandboxed frame, a data: URL)", ServedShape);
        var slashes = text.IndexOf("://", StringComparison.Ordinal);
        if (slashes < 1) return ("has no scheme", $"https://{text.Trim('/')}, or http:// where pages come so");
        var scheme = text[..slashes].ToLowerInvariant();
        if (scheme == "file") return ("is no origin: pages from files have the origin null, as any page can have", ServedShape);
        if (!Schemes.Contains(scheme)) return ("has a scheme that no page has", Shape);

        var authority = text[(slashes + 3)..];
        if (authority.EndsWith('/')) authority = authority[..^1];
        var path = authority.AsSpan().IndexOfAny("/?#\\");
        if (path >= 0) return ("has a path or query, which an origin does not have", $"{scheme}://{authority[..path]}");
        if (authority.Contains('@', StringComparison.Ordinal)) return ("has a user's name in it", Shape);
        var isWildcard = authority.Contains('*', StringComparison.Ordinal);
        if (isWildcard && !authority.StartsWith("*.", StringComparison.Ordinal))
            return ("has a wildcard in a place where it has no meaning", WildcardShape);
        if (isWildcard) authority = WildcardLabel + authority[2..];
        if (authority.AsSpan().ContainsAny(" *\t") || !TryReadHost(scheme, authority, out var host, out var port))
            return ("is no origin", Shape);
        if (!isWildcard)
        {
            origin = Format(scheme, host, port);
            return default;
        }

        host = host[WildcardLabel.Length..];
        var labels = host.Split('.');
        if (labels.Length < 2 || labels.Any(label => label.Length == 0) || IPAddress.TryParse(host, out _))
            return ("has a wildcard for too much, or before an address", WildcardShape);
        origin = Format(scheme, "*." + host, port);
        return default;
    }

    private static bool TryReadHost(string scheme, string authority, out string host, out int port)
    {
        (host, port) = ("", -1);
        // As http, since Uri knows no host's rules for other schemes. The port is read apart, because Uri leaves out what is http's
        // default.
        var colon = authority.LastIndexOf(':');
        if (colon >= 0 && !authority[colon..].Contains(']', StringComparison.Ordinal))
        {
            var digits = authority.AsSpan(colon + 1);
            if (!ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
            port = (scheme, number) is ("https", 443) or ("http", 80) ? -1 : number;
            authority = authority[..colon];
        }

        if (!Uri.TryCreate($"http://{authority}/", UriKind.Absolute, out var uri)) return false;
        try
        {
            host = uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost}]" : uri.IdnHost.ToLowerInvariant();
            return host.Length > 0;
        }
        catch (UriFormatException)
        {
            // A name in letters that IDNA does not know.
            return false;
        }
    }

    private static string Format(string scheme, string host, int port)
        => port < 0 ? $"{scheme}://{host}" : string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{port}");
}
