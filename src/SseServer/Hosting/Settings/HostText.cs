using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace SseServer.Hosting.Settings;

/// <summary>
/// Converts host names as people write them to the form in which clients send them in Host: lower case, the ASCII form of IDNA, IPv6 in
/// brackets. Pure.
/// </summary>
internal static class HostText
{
    private static readonly SearchValues<char> NotOfNames = SearchValues.Create("/\\?#@ \t");

    private const string Form = "; write the name alone, such as events.example; its port does not matter.";

    /// <summary>Reads a name or an address.</summary>
    /// <param name="text">As written.</param>
    /// <param name="host">As clients send it, without a port.</param>
    /// <param name="problem">What is wrong, then what to do, as the predicate to the text: <c>has a scheme; write ...</c></param>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? host, [NotNullWhen(false)] out string? problem)
    {
        (host, problem) = (null, null);
        var inner = text is ['[', .. var address, ']'] ? address : text;
        var isV6 = inner.Contains(':', StringComparison.Ordinal) && !inner.AsSpan().ContainsAny("%[]");
        if (isV6 && IPAddress.TryParse(inner, out var v6)) host = $"[{v6}]";
        else if (text.Contains("://", StringComparison.Ordinal)) problem = "has a scheme" + Form;
        else if (text.AsSpan().ContainsAny(NotOfNames)) problem = "is more than a name" + Form;
        else if (text.Contains('*', StringComparison.Ordinal))
            problem = "has a wildcard, which is not possible here; list each name, such as events.example.";
        else if (text.Contains(':', StringComparison.Ordinal)) problem = "has a port" + Form;
        else host = Canonical(text.TrimEnd('.'));
        if (host is null) problem ??= "is not a host name" + Form;
        return host is not null;
    }

    /// <summary>Converts a name, or an address with the brackets of IPv6, to the form that clients send; null if it is neither.</summary>
    internal static string? Canonical(string host)
    {
        // As http, because Uri does not check hosts of unknown schemes.
        if (!Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var uri)) return null;
        try
        {
            var name = uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost}]" : uri.IdnHost.ToLowerInvariant();
            return name.Length > 0 ? name : null;
        }
        catch (UriFormatException)
        {
            // IDNA does not allow some of the letters.
            return null;
        }
    }
}
