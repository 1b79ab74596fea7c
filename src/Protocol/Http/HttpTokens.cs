using System.Buffers;
using System.Text;

namespace SseServer.Protocol.Http;

/// <summary>The alphabets of header fields (RFC 9110 section 5.6) and how their values are trimmed and compared.</summary>
public static class HttpTokens
{
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> FieldValueBytes = SearchValues.Create(CreateFieldValueBytes());

    // token = 1*tchar (RFC 9110 section 5.6.2)

    /// <summary>Whether <paramref name="value"/> is a token.</summary>
    public static bool IsToken(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.ContainsAnyExcept(TokenBytes);

    /// <summary>Whether <paramref name="value"/> may occur in a token.</summary>
    public static bool IsTokenByte(byte value) => TokenBytes.Contains(value);

    // field-vchar = VCHAR / obs-text; between them SP and HTAB (RFC 9110 section 5.5)

    /// <summary>
    /// Whether <paramref name="value"/> consists of bytes allowed in a field value: visible ones, those above ASCII, spaces and tabs.
    /// </summary>
    public static bool IsFieldValue(ReadOnlySpan<byte> value) => !value.ContainsAnyExcept(FieldValueBytes);

    /// <summary>Whether <paramref name="value"/> may occur in a field value.</summary>
    public static bool IsFieldValueByte(byte value) => FieldValueBytes.Contains(value);

    /// <summary>The value without the spaces and tabs around it (RFC 9110 section 5.6.3, OWS).</summary>
    public static ReadOnlySpan<byte> TrimWhitespace(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);

    /// <summary>Whether two values are equal apart from the case of ASCII letters, as field names and most tokens are compared.</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Ascii.EqualsIgnoreCase(left, right);

    private static byte[] CreateFieldValueBytes()
    {
        var bytes = new List<byte> { (byte)'\t' };
        for (int value = ' '; value <= byte.MaxValue; value++)
        {
            if (value != 0x7F)
                bytes.Add((byte)value);
        }

        return [.. bytes];
    }
}
