using System.Buffers.Binary;
using System.Net;
using SseServer.Protocol.Http;

namespace SseServer.Protocol.Proxy;

/// <summary>
/// The header of the PROXY protocol, with which a proxy begins a connection to name the client
/// (<see href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt"/>, versions 1 and 2).
/// </summary>
public static class ProxyHeader
{
    /// <summary>The longest header accepted. 4,096 bytes as in nginx: addresses take at most 232, the rest is for extensions.</summary>
    public const int MaxBytes = 4096;

    // Section 2.1: "the maximum line lengths the receiver must support including the CRLF".
    private const int MaxLineBytes = 107;

    private const int PreambleBytes = 16;

    private static ReadOnlySpan<byte> LineStart => "PROXY "u8;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header from the first bytes of a connection.</summary>
    /// <param name="bytes">What has arrived so far, from the connection's beginning.</param>
    /// <param name="length">The header's length in bytes if it is complete; the client's bytes follow.</param>
    /// <param name="source">The client's address and port; null if the header has none, so that the connection's own apply.</param>
    /// <returns>Rejected if the bytes cannot become a header, however many follow.</returns>
    public static ParseStatus Parse(ReadOnlySpan<byte> bytes, out int length, out IPEndPoint? source)
    {
        (length, source) = (0, null);
        if (bytes.IsEmpty) return ParseStatus.Incomplete;
        return bytes[0] == LineStart[0] ? ParseLine(bytes, out length, out source) : ParseBinary(bytes, out length, out source);
    }

    // "PROXY" SP ( "UNKNOWN" *any / ( "TCP4" / "TCP6" ) SP source SP destination SP source-port SP destination-port ) CR LF
    private static ParseStatus ParseLine(ReadOnlySpan<byte> bytes, out int length, out IPEndPoint? source)
    {
        (length, source) = (0, null);
        var known = Math.Min(bytes.Length, LineStart.Length);
        if (!bytes[..known].SequenceEqual(LineStart[..known])) return ParseStatus.Rejected;
        var window = bytes[..Math.Min(bytes.Length, MaxLineBytes)];
        var end = window.IndexOf("\r\n"u8);
        if (end < 0) return window.Length == MaxLineBytes ? ParseStatus.Rejected : ParseStatus.Incomplete;
        if (end < LineStart.Length) return ParseStatus.Rejected;
        length = end + 2;
        var rest = bytes[LineStart.Length..end];
        var family = TakeWord(ref rest);

        // Section 2.1: what follows UNKNOWN is to be ignored.
        if (family.SequenceEqual("UNKNOWN"u8)) return ParseStatus.Complete;
        var isV6 = family.SequenceEqual("TCP6"u8);
        if (!isV6 && !family.SequenceEqual("TCP4"u8)) return ParseStatus.Rejected;
        var from = TakeWord(ref rest);
        var to = TakeWord(ref rest);
        var fromPort = TakeWord(ref rest);
        if (!TryParse(from, isV6, out var address) || !TryParse(to, isV6, out _)) return ParseStatus.Rejected;
        if (!AddressText.IsNumber(fromPort, ushort.MaxValue) || !AddressText.IsNumber(rest, ushort.MaxValue)) return ParseStatus.Rejected;
        source = new IPEndPoint(address!, int.Parse(fromPort, System.Globalization.CultureInfo.InvariantCulture));
        return ParseStatus.Complete;
    }

    // signature (12) version-and-command (1) family-and-protocol (1) length (2) addresses extensions
    private static ParseStatus ParseBinary(ReadOnlySpan<byte> bytes, out int length, out IPEndPoint? source)
    {
        (length, source) = (0, null);
        var known = Math.Min(bytes.Length, Signature.Length);
        if (!bytes[..known].SequenceEqual(Signature[..known])) return ParseStatus.Rejected;
        if (bytes.Length > 12 && bytes[12] is not (0x20 or 0x21)) return ParseStatus.Rejected;
        if (bytes.Length < PreambleBytes) return ParseStatus.Incomplete;
        var addresses = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        var total = PreambleBytes + addresses;
        var isLocal = bytes[12] == 0x20;

        // Section 2.2: LOCAL is the proxy's own connection. Families other than TCP over IP are accepted and ignored.
        var needed = (isLocal, bytes[13]) switch
        {
            (false, 0x11) => 12,
            (false, 0x21) => 36,
            _ => 0,
        };
        if (total > MaxBytes || addresses < needed || bytes[13] >> 4 > 3 || (bytes[13] & 15) > 2) return ParseStatus.Rejected;
        if (bytes.Length < total) return ParseStatus.Incomplete;
        length = total;
        if (needed == 12) source = new IPEndPoint(new IPAddress(bytes.Slice(16, 4)), BinaryPrimitives.ReadUInt16BigEndian(bytes[24..]));
        if (needed == 36)
        {
            var address = AddressText.Normalize(new IPAddress(bytes.Slice(16, 16)));
            source = new IPEndPoint(address, BinaryPrimitives.ReadUInt16BigEndian(bytes[48..]));
        }

        return ParseStatus.Complete;
    }

    private static bool TryParse(ReadOnlySpan<byte> text, bool isV6, out IPAddress? address)
    {
        address = null;
        return text.Contains((byte)':') == isV6 && AddressText.TryParse(text, out address);
    }

    private static ReadOnlySpan<byte> TakeWord(ref ReadOnlySpan<byte> rest)
    {
        var space = rest.IndexOf((byte)' ');
        var word = space < 0 ? rest : rest[..space];
        rest = space < 0 ? default : rest[(space + 1)..];
        return word;
    }
}
