using System.Net;
using SseServer.Protocol.Http;

namespace SseServer.Protocol.Proxy;

/// <summary>
/// The addresses that proxies wrote into a field's value, from the last to the first. The nearest proxy wrote the last one; an earlier one
/// can be trusted only if all after it came from trusted proxies. So a value is parsed from its end, and nothing that a client put in front
/// changes how the rest is parsed.
/// <code>
/// X-Forwarded-For = address *( "," address )
/// Forwarded       = element *( "," element )       (RFC 7239 section 4)
/// element         = [ pair ] *( ";" [ pair ] )
/// pair            = token "=" ( token / quoted-string )
/// </code>
/// </summary>
public ref struct ForwardedChain
{
    private readonly bool _isForwarded;
    private ReadOnlySpan<byte> _rest;
    private bool _isDone;

    private ForwardedChain(ReadOnlySpan<byte> value, bool isForwarded)
    {
        _rest = value;
        _isForwarded = isForwarded;
        _isDone = HttpTokens.TrimWhitespace(value).IsEmpty;
    }

    /// <summary>The addresses of an X-Forwarded-For value.</summary>
    public static ForwardedChain OfXForwardedFor(ReadOnlySpan<byte> value) => new(value, isForwarded: false);

    /// <summary>The <c>for</c> addresses of a Forwarded value.</summary>
    public static ForwardedChain OfForwarded(ReadOnlySpan<byte> value) => new(value, isForwarded: true);

    /// <summary>Takes the last address that was not taken yet; false if there is none.</summary>
    /// <param name="address">The address; null if the entry is unknown, obfuscated or malformed.</param>
    public bool TryTakeLast(out IPAddress? address)
    {
        address = null;
        if (_isDone) return false;
        var comma = FindLast(_rest, (byte)',');
        var entry = HttpTokens.TrimWhitespace(_rest[(comma + 1)..]);
        _isDone = comma < 0;
        _rest = _rest[..Math.Max(comma, 0)];
        if (_isForwarded && !TryFindFor(ref entry)) return true;
        if (!AddressText.TryParseWithPort(entry, out address)) address = null;
        return true;
    }

    private static bool TryFindFor(ref ReadOnlySpan<byte> element)
    {
        var rest = element;
        while (true)
        {
            var semicolon = FindLast(rest, (byte)';');
            var pair = HttpTokens.TrimWhitespace(rest[(semicolon + 1)..]);
            if (pair.Length > 4 && HttpTokens.EqualsIgnoreCase(pair[..4], "for="u8))
            {
                element = Unquote(pair[4..]);
                return true;
            }

            if (semicolon < 0) return false;
            rest = rest[..semicolon];
        }
    }

    // An address needs no escapes: one with a backslash fails to parse.
    private static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> value) => value is [(byte)'"', .. var inner, (byte)'"'] ? inner : value;

    /// <summary>The last separator outside of quotes; -1 if there is none. A quote after a backslash is escaped.</summary>
    private static int FindLast(ReadOnlySpan<byte> value, byte separator)
    {
        var isQuoted = false;
        for (var at = value.Length - 1; at >= 0; at--)
        {
            if (value[at] == '"' && !(isQuoted && at > 0 && value[at - 1] == '\\')) isQuoted = !isQuoted;
            else if (value[at] == separator && !isQuoted) return at;
        }

        return -1;
    }
}
