using System.Buffers;

namespace SseServer.Protocol.Http;

/// <summary>The host of a request with its optional port (RFC 9110 section 7.2, RFC 3986 section 3.2.2).</summary>
internal static class HostAndPort
{
    // unreserved / sub-delims / the "%" of pct-encoded
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "-._~!$&'()*+,;=%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    // Host = ( "[" IPv6address "]" / IPv4address / reg-name ) [ ":" port ]

    /// <summary>Whether <paramref name="value"/> is a host, not empty, with or without a port of up to 65535.</summary>
    public static bool IsValid(ReadOnlySpan<byte> value)
    {
        int hostLength;
        if (value is [(byte)'[', ..])
        {
            int close = value.IndexOf((byte)']');
            if (close < 3 || value[1..close].ContainsAnyExcept(AddressBytes) || !value[1..close].Contains((byte)':'))
                return false;
            hostLength = close + 1;
        }
        else
        {
            int colon = value.IndexOf((byte)':');
            hostLength = colon < 0 ? value.Length : colon;
            if (hostLength == 0 || value[..hostLength].ContainsAnyExcept(NameBytes))
                return false;
        }

        ReadOnlySpan<byte> rest = value[hostLength..];
        return rest.IsEmpty || (rest[0] == ':' && IsPort(rest[1..]));
    }

    // port = *DIGIT

    private static bool IsPort(ReadOnlySpan<byte> digits)
    {
        int port = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            port = (port * 10) + (digit - '0');
            if (port > ushort.MaxValue)
                return false;
        }

        return true;
    }
}
