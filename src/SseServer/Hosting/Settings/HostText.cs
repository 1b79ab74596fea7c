using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace SseServer.Hosting.Settings;

/// <summary>
/// Host names as people write them, brought to the form in which clients send them in Host: lower case, IDNA's ASCII, IPv6 in brackets.
/// Pure.
/// </summary>
internal static class HostText
{
    private static readonly SearchValues<char> NotOfNames = SearchValues.Create("/\\?#@ \t");

    private const string Shape = "the name alone, such as events.example; its port does not matter";

    /// <summary>Reads a name or an address.</summary>
    /// <param name="text">As written.</param>
    /// <param name="host">As clients send it, without a port.</param>
    /// <param name="problem">Goes on from the text: <c>has a scheme</c>.</param>
    /// <param name="allowed">What is right instead.</param>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out string? host,
        [NotNullWhen(false)] out string? problem,
        [NotNullWhen(false)] out string? allowed)
    {
        (host, problem, allowed) = (null, null, Shape);
        var inner = text is ['[', .. var address, ']'] ? address : text;
        var isV6 = inner.Contains(':', StringComparison.Ordinal) && !inner.AsSpan().ContainsAny("%[]");
        if (isV6 && IPAddress.TryParse(inner, out var v6)) host = $"[{v6}]";
        else if (text.Contains("://", StringComparison.Ordinal)) problem = "has a scheme";
        else if (text.AsSpan().ContainsAny(NotOfNames)) problem = "has more than a name";
        else if (text.Contains('*', StringComparison.Ordinal))
            (problem, allowed) = ("has a wildcard, which host names cannot have here", "each name, such as events.example");
        else if (text.Contains(':', StringComparison.Ordinal)) problem = "has a port";
        else host = ReadName(text);
        if (host is null) problem ??= "is no host name";
        return host is not null;
    }

    private static string? ReadName(string text)
    {
        try
        {
            var isUrl = Uri.TryCreate($"http://{text.TrimEnd('.')}/", UriKind.Absolute, out var uri);
            return isUrl && uri!.IdnHost.Length > 0 ? uri.IdnHost.ToLowerInvariant() : null;
        }
        catch (UriFormatException)
        {
            // A name in letters that IDNA does not know.
            return null;
        }
    }
}
