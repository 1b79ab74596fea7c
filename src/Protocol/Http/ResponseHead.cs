using System.Buffers;
using System.Buffers.Text;

namespace SseServer.Protocol.Http;

/// <summary>
/// Writes the head of a response (RFC 9112 section 4). Its input comes from this program, so a value that would break out of its line is
/// our mistake and throws.
/// </summary>
public static class ResponseHead
{
    private const int MaxInt64Characters = 20;

    /// <summary>The reason phrase of a status code (RFC 9110 section 15); empty for an unknown one.</summary>
    public static ReadOnlySpan<byte> ReasonPhrase(int status) => status switch
    {
        100 => "Continue"u8,
        200 => "OK"u8,
        201 => "Created"u8,
        202 => "Accepted"u8,
        204 => "No Content"u8,
        206 => "Partial Content"u8,
        301 => "Moved Permanently"u8,
        302 => "Found"u8,
        304 => "Not Modified"u8,
        307 => "Temporary Redirect"u8,
        308 => "Permanent Redirect"u8,
        400 => "Bad Request"u8,
        401 => "Unauthorized"u8,
        403 => "Forbidden"u8,
        404 => "Not Found"u8,
        405 => "Method Not Allowed"u8,
        406 => "Not Acceptable"u8,
        408 => "Request Timeout"u8,
        409 => "Conflict"u8,
        410 => "Gone"u8,
        411 => "Length Required"u8,
        412 => "Precondition Failed"u8,
        413 => "Content Too Large"u8,
        414 => "URI Too Long"u8,
        415 => "Unsupported Media Type"u8,
        417 => "Expectation Failed"u8,
        421 => "Misdirected Request"u8,
        422 => "Unprocessable Content"u8,
        429 => "Too Many Requests"u8,
        431 => "Request Header Fields Too Large"u8,
        500 => "Internal Server Error"u8,
        501 => "Not Implemented"u8,
        502 => "Bad Gateway"u8,
        503 => "Service Unavailable"u8,
        504 => "Gateway Timeout"u8,
        505 => "HTTP Version Not Supported"u8,
        507 => "Insufficient Storage"u8,
        _ => default,
    };

    // status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF

    /// <summary>Writes the status line, always as HTTP/1.1 (RFC 9110 section 2.5).</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="status">The status code, 100 to 999.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status code does not have three digits.</exception>
    public static void WriteStatusLine(IBufferWriter<byte> output, int status)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 999);

        ReadOnlySpan<byte> reason = ReasonPhrase(status);
        Span<byte> line = output.GetSpan("HTTP/1.1 200 \r\n"u8.Length + reason.Length);
        "HTTP/1.1 "u8.CopyTo(line);
        line[9] = (byte)('0' + (status / 100));
        line[10] = (byte)('0' + (status / 10 % 10));
        line[11] = (byte)('0' + (status % 10));
        line[12] = (byte)' ';
        reason.CopyTo(line[13..]);
        "\r\n"u8.CopyTo(line[(13 + reason.Length)..]);
        output.Advance(15 + reason.Length);
    }

    // field-line = field-name ":" SP field-value CRLF

    /// <summary>Writes a header field.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="name">The name, a token.</param>
    /// <param name="value">The value: no controls but tabs.</param>
    /// <exception cref="ArgumentException">The name is not a token, or the value holds CR, LF, NUL or another control.</exception>
    public static void WriteHeader(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!HttpTokens.IsToken(name))
            ThrowInvalidName();
        if (!HttpTokens.IsFieldValue(value))
            ThrowInvalidValue();

        int length = name.Length + ": \r\n"u8.Length + value.Length;
        Span<byte> line = output.GetSpan(length);
        name.CopyTo(line);
        ": "u8.CopyTo(line[name.Length..]);
        value.CopyTo(line[(name.Length + 2)..]);
        "\r\n"u8.CopyTo(line[(length - 2)..]);
        output.Advance(length);
    }

    /// <summary>Writes a header field whose value is a decimal number.</summary>
    /// <exception cref="ArgumentException">The name is not a token.</exception>
    public static void WriteHeader(IBufferWriter<byte> output, ReadOnlySpan<byte> name, long value)
    {
        Span<byte> digits = stackalloc byte[MaxInt64Characters];
        _ = Utf8Formatter.TryFormat(value, digits, out int written);
        WriteHeader(output, name, digits[..written]);
    }

    /// <summary>Writes the empty line that ends the head.</summary>
    public static void WriteEnd(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("\r\n"u8);
    }

    private static void ThrowInvalidName() => throw new ArgumentException("The name of a header field must be a token.", "name");

    private static void ThrowInvalidValue() =>
        throw new ArgumentException("The value of a header field must hold no line break, NUL or other control.", "value");
}
