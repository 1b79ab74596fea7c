namespace SseServer.Protocol.Http;

/// <summary>The percent-encoding of paths and queries (RFC 3986 section 2.1).</summary>
public static class PercentDecoding
{
    /// <summary>The length of an escape in bytes.</summary>
    internal const int EscapeLength = 3;

    /// <summary>Decodes once. The result may be any bytes: callers that need UTF-8 must check it.</summary>
    /// <param name="encoded">The encoded bytes.</param>
    /// <param name="destination">At least as long as <paramref name="encoded"/>; it may be the same memory.</param>
    /// <param name="plusIsSpace">Whether <c>+</c> is a space, as in a query that a form wrote (WHATWG URL 5.1).</param>
    /// <param name="written">The number of bytes decoded; 0 if the result is false.</param>
    /// <returns>False if a <c>%</c> is not followed by two hexadecimal digits.</returns>
    /// <exception cref="ArgumentException">The destination is shorter than the encoded bytes.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, Span<byte> destination, bool plusIsSpace, out int written)
    {
        if (destination.Length < encoded.Length)
            throw new ArgumentException("The destination is shorter than the encoded bytes.", nameof(destination));

        int at = 0;
        for (int index = 0; index < encoded.Length; index++)
        {
            byte value = encoded[index];
            if (value == '%')
            {
                if (!TryDecodeEscape(encoded[index..], out value))
                {
                    written = 0;
                    return false;
                }

                index += EscapeLength - 1;
            }
            else if (value == '+' && plusIsSpace)
            {
                value = (byte)' ';
            }

            destination[at++] = value;
        }

        written = at;
        return true;
    }

    // pct-encoded = "%" HEXDIG HEXDIG

    /// <summary>Decodes the escape at the beginning of <paramref name="encoded"/>; false if there is none.</summary>
    internal static bool TryDecodeEscape(ReadOnlySpan<byte> encoded, out byte value)
    {
        value = 0;
        if (encoded.Length < EscapeLength || encoded[0] != '%')
            return false;
        if (!TryGetDigit(encoded[1], out int high) || !TryGetDigit(encoded[2], out int low))
            return false;
        value = (byte)((high << 4) | low);
        return true;
    }

    private static bool TryGetDigit(byte hex, out int digit)
    {
        digit = hex switch
        {
            >= (byte)'0' and <= (byte)'9' => hex - '0',
            >= (byte)'a' and <= (byte)'f' => hex - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => hex - 'A' + 10,
            _ => -1,
        };
        return digit >= 0;
    }
}
