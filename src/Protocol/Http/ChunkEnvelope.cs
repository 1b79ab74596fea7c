using System.Numerics;

namespace SseServer.Protocol.Http;

/// <summary>
/// The bytes before and after the data of a chunk (RFC 9112 section 7.1). Sizes are lower-case hexadecimal without leading zeros.
/// <code>
/// chunk = chunk-size CRLF chunk-data CRLF
/// </code>
/// </summary>
public static class ChunkEnvelope
{
    /// <summary>The bytes that follow the data of a chunk.</summary>
    public static ReadOnlySpan<byte> Suffix => "\r\n"u8;

    /// <summary>The last chunk and an empty trailer section: the end of a chunked body.</summary>
    public static ReadOnlySpan<byte> End => "0\r\n\r\n"u8;

    /// <summary>The length of the prefix of a chunk of <paramref name="payload"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="payload"/> is not positive: an empty chunk would end the body.
    /// </exception>
    public static int MeasurePrefix(int payload)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(payload);
        return CountDigits(payload) + Suffix.Length;
    }

    /// <summary>Writes the prefix of a chunk of <paramref name="payload"/> bytes; returns its length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="payload"/> is not positive: an empty chunk would end the body.
    /// </exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int WritePrefix(Span<byte> destination, int payload)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(payload);
        int digits = CountDigits(payload);
        Suffix.CopyTo(destination[digits..]);
        for (int at = digits - 1; at >= 0; at--, payload >>= 4)
            destination[at] = "0123456789abcdef"u8[payload & 0xF];
        return digits + Suffix.Length;
    }

    /// <summary>The length of a chunk of <paramref name="payload"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="payload"/> is not positive: an empty chunk would end the body.
    /// </exception>
    /// <exception cref="OverflowException">The chunk would be longer than 2 GB.</exception>
    public static int Measure(int payload) => checked(MeasurePrefix(payload) + payload + Suffix.Length);

    /// <summary>Writes a chunk; returns the length of its prefix.</summary>
    /// <param name="destination">At least <see cref="Measure"/> bytes.</param>
    /// <param name="payload">The data of the chunk; not empty.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="payload"/> is empty: an empty chunk would end the body.
    /// </exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int Write(Span<byte> destination, ReadOnlySpan<byte> payload)
    {
        var prefix = WritePrefix(destination, payload.Length);
        payload.CopyTo(destination[prefix..]);
        Suffix.CopyTo(destination[(prefix + payload.Length)..]);
        return prefix;
    }

    private static int CountDigits(int payload) => (BitOperations.Log2((uint)payload) / 4) + 1;
}
