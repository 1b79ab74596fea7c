namespace SseServer.Protocol.EventStream;

/// <summary>
/// Bytes as text with seven bits in each byte: 14.3 % more than the bytes, where base64 has 33.3 %. The text is valid UTF-8 without CR, LF
/// and NUL, so it fits in one line of an event stream. docs/binary.md has the format and a decoder.
/// </summary>
public static class Base128
{
    /// <summary>
    /// The first character of every text. It tells the text from base64, which has no such character, and keeps a space that may follow
    /// from being taken for the one that event streams skip.
    /// </summary>
    public const byte Mark = (byte)'~';

    // The three groups that have no character: NUL, LF, CR.
    private const int ForbiddenGroups = 3;

    /// <summary>The most bytes that a text of so many bytes takes.</summary>
    /// <exception cref="OverflowException">It would take more than <see cref="int.MaxValue"/> bytes.</exception>
    public static int MaxEncodedLength(int bytes) => checked((int)((bytes * 8L + 6) / 7) + 2);

    // text = "~" *( %x01-09 / %x0B-0C / %x0E-7F / pair ) [ last ]
    // pair = U+0080-01FF ; 0x80 + 128 * f + g: the forbidden group f (0 for NUL, 1 for LF, 2 for CR), then any group g
    // last = U+0200 / U+0280 / U+0300 ; 0x80 + 128 * (3 + f): a forbidden group at the end

    /// <summary>Writes the text of some bytes; returns its length in bytes. Allocates nothing.</summary>
    /// <exception cref="IndexOutOfRangeException">
    /// The destination is shorter than <see cref="MaxEncodedLength"/> says.
    /// </exception>
    public static int Encode(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        destination[0] = Mark;
        var (at, bits, count, forbidden) = (1, 0u, 0, -1);
        foreach (var value in data)
        {
            bits = bits << 8 | value;
            count += 8;
            do
            {
                count -= 7;
                Put(destination, bits >> count & 0x7F, ref at, ref forbidden);
            }
            while (count >= 7);
        }

        if (count > 0) Put(destination, bits << 7 - count & 0x7F, ref at, ref forbidden);
        if (forbidden >= 0) PutPair(destination, forbidden + ForbiddenGroups, 0, ref at);
        return at;
    }

    private static void Put(Span<byte> destination, uint group, ref int at, ref int forbidden)
    {
        if (forbidden >= 0)
        {
            PutPair(destination, forbidden, group, ref at);
            forbidden = -1;
        }
        else if (group is 0 or '\n' or '\r')
        {
            forbidden = group == 0 ? 0 : group == '\n' ? 1 : 2;
        }
        else
        {
            destination[at++] = (byte)group;
        }
    }

    // A character of two bytes (RFC 3629 section 3).
    private static void PutPair(Span<byte> destination, int forbidden, uint group, ref int at)
    {
        var character = 0x80 + 128 * (uint)forbidden + group;
        destination[at++] = (byte)(0xC0 | character >> 6);
        destination[at++] = (byte)(0x80 | character & 0x3F);
    }
}
