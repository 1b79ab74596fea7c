using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace SseServer.Hosting.Settings;

/// <summary>
/// Converts origins as people write them to the one form that browsers send (RFC 6454 section 6.2: lower case, the ASCII form of IDNA, no
/// default port, no trailing slash). An origin in any other form would never match, without any notice; so a text with one clear meaning
/// is converted, and everything else is rejected. Pure.
/// </summary>
internal static class OriginText
{
    private const string Form = "; write SCHEME://HOST or SCHEME://HOST:PORT, such as https://app.example or http://localhost:3000.";
    private const string ServedForm = "; use the origin of a page that a server serves, such as https://app.example.";
    private const string WildcardForm = "; put the wildcard before two or more labels, such as https://*.app.example.";

    // Replaces the wildcard while the name is checked.
    private const string WildcardLabel = "wildcard-label.";

    // The schemes of pages, including those of browser extensions and of web views in applications. Any other is a mistake: pages from
    // files and data URLs have the origin null.
    private static readonly string[] Schemes =
    [
        "https", "http", "chrome-extension", "moz-extension", "safari-web-extension", "vscode-webview",
        "capacitor", "ionic", "tauri", "app",
    ];

    /// <summary>Reads an origin, or one with a wildcard; the caller handles a mere <c>*</c>.</summary>
    /// <param name="text">As written.</param>
    /// <param name="origin">As browsers send it; a wildcard stays before its name.</param>
    /// <param name="problem">What is wrong, then what to do, as the predicate to the text: <c>has no scheme; write ...</c></param>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? origin, [NotNullWhen(false)] out string? problem)
    {
        (origin, problem) = (null, null);
        problem = Read(text, ref origin);
        return origin is not null;
    }

    private static string? Read(string text, ref string? origin)
    {
        if (text.Equals("null", StringComparison.OrdinalIgnoreCase))
            return "is the origin of any page in a file, a sandboxed frame or a data: URL" + ServedForm;
        var slashes = text.IndexOf("://", StringComparison.Ordinal);
        if (slashes < 1) return $"has no scheme; write https://{text.Trim('/')}, or http:// if the pages are served that way.";
        var scheme = text[..slashes].ToLowerInvariant();
        if (scheme == "file") return "is not an origin, because pages from files have the origin null, as any page can have" + ServedForm;
        if (!Schemes.Contains(scheme)) return "has a scheme that no page has" + Form;

        var authority = text[(slashes + 3)..];
        if (authority.EndsWith('/')) authority = authority[..^1];
        var path = authority.AsSpan().IndexOfAny("/?#\\");
        if (path >= 0) return $"has a path or query, which an origin does not have; write {scheme}://{authority[..path]}.";
        if (authority.Contains('@', StringComparison.Ordinal)) return "has a user name" + Form;
        var isWildcard = authority.Contains('*', StringComparison.Ordinal);
        if (isWildcard && !authority.StartsWith("*.", StringComparison.Ordinal))
            return "has a wildcard in the wrong place" + WildcardForm;
        if (isWildcard) authority = WildcardLabel + authority[2..];
        if (authority.AsSpan().ContainsAny(" *\t") || !TryReadHost(scheme, authority, out var host, out var port))
            return "is not an origin" + Form;
        if (!isWildcard)
        {
            origin = Format(scheme, host, port);
            return null;
        }

        host = host[WildcardLabel.Length..];
        var labels = host.Split('.');
        if (labels.Length < 2 || labels.Any(label => label.Length == 0) || IPAddress.TryParse(host, out _))
            return "has a wildcard before a single label or an address" + WildcardForm;
        origin = Format(scheme, "*." + host, port);
        return null;
    }

    private static bool TryReadHost(string scheme, string authority, out string host, out int port)
    {
        (host, port) = ("", -1);
        // The port is read separately, because Uri drops http's default.
        var colon = authority.LastIndexOf(':');
        if (colon >= 0 && !authority[colon..].Contains(']', StringComparison.Ordinal))
        {
            var digits = authority.AsSpan(colon + 1);
            if (!ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
            port = (scheme, number) is ("https", 443) or ("http", 80) ? -1 : number;
            authority = authority[..colon];
        }

        host = HostText.Canonical(authority) ?? "";
        return host.Length > 0;
    }

    private static string Format(string scheme, string host, int port)
        => port < 0 ? $"{scheme}://{host}" : string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{port}");
}
