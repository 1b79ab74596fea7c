using System.Buffers;

namespace SseServer.Protocol.Http;

/// <summary>
/// Parses the head of an HTTP/1.0 or HTTP/1.1 request (RFC 9112 sections 2 to 6), strictly: if a lenient reading could differ from that of
/// a proxy before this server, the request is rejected. Each byte is examined and copied once, however the head is split into reads; the
/// <see cref="RequestHead"/> keeps the position. Limits apply to the bytes that have arrived, not only to complete lines.
/// <code>
/// HTTP-message = *CRLF request-line CRLF *( field-line CRLF ) CRLF
/// </code>
/// </summary>
public static class HttpRequestParser
{
    // RFC 9112 section 2.2 asks for at least one: some clients end a body with a CR LF that Content-Length does not include.
    private const int MaxEmptyLines = 4;

    // The content type of a TLS record that carries a handshake (RFC 8446 section 5.1).
    private const byte TlsHandshakeRecord = 0x16;

    /// <summary>Parses more of a head.</summary>
    /// <param name="buffer">
    /// Everything that has arrived since the end of the previous request: after Incomplete the same bytes again, and more.
    /// </param>
    /// <param name="limits">The limits of the head.</param>
    /// <param name="head">
    /// The head to fill. It is reset after Complete and Rejected; to give up a head that is Incomplete, reset it.
    /// </param>
    /// <param name="consumed">The end of the head if it is Complete, otherwise the start of the buffer.</param>
    /// <param name="rejection">The reason if the request is Rejected, otherwise None.</param>
    public static ParseStatus Parse(
        in ReadOnlySequence<byte> buffer,
        ParserLimits limits,
        RequestHead head,
        out SequencePosition consumed,
        out RequestRejection rejection)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(head);
        if (head.Phase == HeadPhase.Finished || head.ExaminedBytes > buffer.Length)
            head.Reset();

        consumed = buffer.Start;
        rejection = RequestRejection.None;
        foreach (ReadOnlyMemory<byte> segment in buffer.Slice(head.ExaminedBytes))
        {
            rejection = ParseSegment(segment.Span, limits, head);
            if (rejection != RequestRejection.None)
            {
                head.Phase = HeadPhase.Finished;
                return ParseStatus.Rejected;
            }

            if (head.Phase == HeadPhase.Finished)
            {
                consumed = buffer.GetPosition(head.ExaminedBytes);
                return ParseStatus.Complete;
            }
        }

        return ParseStatus.Incomplete;
    }

    private static RequestRejection ParseSegment(ReadOnlySpan<byte> rest, ParserLimits limits, RequestHead head)
    {
        while (!rest.IsEmpty && head.Phase != HeadPhase.Finished)
        {
            int taken;
            RequestRejection rejection;
            if (head.IsAfterCarriageReturn)
            {
                if (rest[0] != '\n')
                    return RequestRejection.BareCarriageReturn;
                taken = 1;
                head.IsAfterCarriageReturn = false;
                rejection = EndLine(limits, head);
            }
            else
            {
                rejection = ReadLine(rest, limits, head, out taken);
            }

            if (rejection != RequestRejection.None)
                return rejection;
            head.ExaminedBytes += taken;
            rest = rest[taken..];
        }

        return RequestRejection.None;
    }

    /// <summary>Takes as much of a line as has arrived, with its CR.</summary>
    private static RequestRejection ReadLine(ReadOnlySpan<byte> rest, ParserLimits limits, RequestHead head, out int taken)
    {
        int end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        ReadOnlySpan<byte> part = end < 0 ? rest : rest[..end];
        taken = end < 0 ? rest.Length : end + 1;
        RequestRejection rejection = CheckPart(part, limits, head);
        if (rejection != RequestRejection.None)
            return rejection;

        head.Append(part);
        if (end < 0)
            return RequestRejection.None;
        if (rest[end] == '\n')
            return RequestRejection.BareLineFeed;
        head.IsAfterCarriageReturn = true;
        return RequestRejection.None;
    }

    private static RequestRejection CheckPart(ReadOnlySpan<byte> part, ParserLimits limits, RequestHead head)
    {
        if (head.Phase == HeadPhase.Fields)
        {
            return part.Length > limits.MaxHeaderBytes - head.FieldLineBytes - head.LineLength
                ? RequestRejection.HeaderSectionTooLarge
                : RequestRejection.None;
        }

        // A client of another protocol may never send a line break, so the first byte decides.
        if (head.LineLength == 0 && !part.IsEmpty && !HttpTokens.IsTokenByte(part[0]))
            return part[0] == TlsHandshakeRecord ? RequestRejection.TlsHandshake : RequestRejection.InvalidMethod;
        int methodEnd = part.IndexOf((byte)' ');
        int methodRoom = RequestLine.MaxMethodBytes - head.LineLength;
        bool isMethodTooLong = (methodEnd < 0 ? part.Length : methodEnd) > methodRoom;
        if (isMethodTooLong && !head.Line.Contains((byte)' '))
            return RequestRejection.MethodTooLong;

        // RFC 9112 section 3: 414 if the target is too long.
        return part.Length > limits.MaxRequestLineBytes - head.LineLength ? RequestRejection.RequestLineTooLong : RequestRejection.None;
    }

    private static RequestRejection EndLine(ParserLimits limits, RequestHead head)
    {
        RequestRejection rejection;
        if (head.Phase == HeadPhase.RequestLine)
        {
            if (head.LineLength == 0)
                return ++head.EmptyLineCount > MaxEmptyLines ? RequestRejection.MalformedRequestLine : RequestRejection.None;
            rejection = RequestLine.Parse(head);
            head.Phase = HeadPhase.Fields;
        }
        else if (head.LineLength == 0)
        {
            rejection = HeadFields.Interpret(head);
            head.Phase = HeadPhase.Finished;
        }
        else
        {
            rejection = EndFieldLine(limits, head);
        }

        head.BeginLine();
        return rejection;
    }

    private static RequestRejection EndFieldLine(ParserLimits limits, RequestHead head)
    {
        head.FieldLineBytes += head.LineLength + "\r\n"u8.Length;
        if (head.FieldLineBytes > limits.MaxHeaderBytes)
            return RequestRejection.HeaderSectionTooLarge;
        if (head.HeaderCount == limits.MaxHeaderCount)
            return RequestRejection.TooManyHeaders;

        RequestRejection rejection = FieldLine.Parse(head.Line, head.LineStart, out ByteRange name, out ByteRange value);
        if (rejection == RequestRejection.None)
            head.AddField(name, value);
        return rejection;
    }
}
