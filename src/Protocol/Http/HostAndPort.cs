using System.Buffers;
using System.Net;

namespace SseServer.Protocol.Http;

/// <summary>The host of a request with its optional port (RFC 9110 section 7.2, RFC 3986 section 3.2.2).</summary>
internal static class HostAndPort
{
    // unreserved. RFC 3986 also allows sub-delims and escapes, but no name in DNS has them, and programs read them differently: a comma
    // separates two hosts for those that join fields.
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    // Host = ( "[" IPv6address "]" / IPv4address / reg-name ) [ ":" port ]

    /// <summary>Splits a host, not empty, from its port.</summary>
    /// <param name="value">The host with or without a port.</param>
    /// <param name="host">The host, an IPv6 address with its brackets.</param>
    /// <param name="port">0 to 65535; -1 if there is none, or nothing after the colon.</param>
    public static bool TryParse(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> host, out int port)
    {
        port = -1;
        host = value[..MeasureHost(value)];
        if (host.IsEmpty)
            return false;
        ReadOnlySpan<byte> rest = value[host.Length..];
        return rest.IsEmpty || (rest[0] == ':' && TryParsePort(rest[1..], out port));
    }

    /// <summary>Whether two hosts with their ports are the same; a missing port is <paramref name="defaultPort"/>.</summary>
    public static bool AreSame(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int defaultPort) =>
        TryParse(left, out ReadOnlySpan<byte> leftHost, out int leftPort)
        && TryParse(right, out ReadOnlySpan<byte> rightHost, out int rightPort)
        && HttpTokens.EqualsIgnoreCase(leftHost, rightHost)
        && (leftPort < 0 ? defaultPort : leftPort) == (rightPort < 0 ? defaultPort : rightPort);

    /// <summary>The length of the host; 0 if it is invalid.</summary>
    private static int MeasureHost(ReadOnlySpan<byte> value)
    {
        if (value is [(byte)'[', ..])
        {
            int close = value.IndexOf((byte)']');
            ReadOnlySpan<byte> address = close < 0 ? default : value[1..close];
            bool isAddress = address.Contains((byte)':') && !address.ContainsAnyExcept(AddressBytes) && IPAddress.IsValidUtf8(address);
            return isAddress ? close + 1 : 0;
        }

        int colon = value.IndexOf((byte)':');
        int length = colon < 0 ? value.Length : colon;
        return value[..length].ContainsAnyExcept(NameBytes) ? 0 : length;
    }

    // port = *DIGIT

    private static bool TryParsePort(ReadOnlySpan<byte> digits, out int port)
    {
        port = -1;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            port = (Math.Max(port, 0) * 10) + (digit - '0');
            if (port > ushort.MaxValue)
                return false;
        }

        return true;
    }
}
