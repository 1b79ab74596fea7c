using System.Net;

namespace SseServer.Protocol.Proxy;

/// <summary>
/// IP addresses as text, in their usual forms only. Forms that programs read differently, such as octal numbers and short forms, are
/// refused.
/// <code>
/// IPv4 = 4 decimal numbers of 0 to 255 without leading zeros, separated by dots (RFC 3986 section 3.2.2)
/// IPv6 = RFC 4291 section 2.2, without a zone
/// </code>
/// </summary>
public static class AddressText
{
    /// <summary>Reads an address; an IPv4 address mapped into IPv6 becomes that IPv4 address.</summary>
    /// <param name="text">The address, without brackets or port.</param>
    /// <param name="address">The address; null if there is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out IPAddress? address)
    {
        address = null;
        if (text.Contains((byte)':'))
        {
            // The runtime also takes brackets, a port and a zone.
            if (text.ContainsAny("[]%"u8) || !IPAddress.TryParse(text, out var v6)) return false;
            address = Normalize(v6);
            return true;
        }

        if (!IsDotted(text)) return false;
        address = IPAddress.Parse(System.Text.Encoding.ASCII.GetString(text));
        return true;
    }

    /// <summary>
    /// Reads an address with or without a port: <c>1.2.3.4</c>, <c>1.2.3.4:5</c>, <c>1::2</c>, <c>[1::2]</c>, <c>[1::2]:5</c>.
    /// </summary>
    /// <param name="text">The whole text.</param>
    /// <param name="address">The address; null if there is none.</param>
    public static bool TryParseWithPort(ReadOnlySpan<byte> text, out IPAddress? address)
    {
        address = null;
        if (text is [(byte)'[', .. var inner])
        {
            var end = inner.IndexOf((byte)']');
            return end > 0 && inner[..end].Contains((byte)':') && IsPortOrNothing(inner[(end + 1)..])
                && TryParse(inner[..end], out address);
        }

        var colon = text.IndexOf((byte)':');
        return colon >= 0 && text.LastIndexOf((byte)':') == colon
            ? IsPortOrNothing(text[colon..]) && TryParse(text[..colon], out address)
            : TryParse(text, out address);
    }

    /// <summary>The IPv4 address if it is mapped into an IPv6 address; otherwise the address itself.</summary>
    public static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsDotted(ReadOnlySpan<byte> text)
    {
        var numbers = 0;
        foreach (var range in text.Split((byte)'.'))
        {
            if (++numbers > 4 || !IsNumber(text[range], 255)) return false;
        }

        return numbers == 4;
    }

    private static bool IsPortOrNothing(ReadOnlySpan<byte> text)
        => text.IsEmpty || (text[0] == ':' && IsNumber(text[1..], ushort.MaxValue));

    /// <summary>Whether the text is a decimal number up to <paramref name="max"/> without sign or leading zeros.</summary>
    internal static bool IsNumber(ReadOnlySpan<byte> text, int max)
    {
        if (text.Length is 0 or > 5 || (text[0] == '0' && text.Length > 1)) return false;
        var value = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit)) return false;
            value = (value * 10) + (digit - '0');
        }

        return value <= max;
    }
}
