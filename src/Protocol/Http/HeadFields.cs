namespace SseServer.Protocol.Http;

/// <summary>
/// What the fields of a complete head mean for the connection: the host, the end of the body, and whether another request may follow. If
/// two readers could disagree about the end of the body, the request is rejected: that is how requests are smuggled (RFC 9112 section
/// 11.2).
/// </summary>
internal static class HeadFields
{
    /// <summary>Reads the fields that frame the message, and sets the properties of the head that follow from them.</summary>
    public static RequestRejection Interpret(RequestHead head)
    {
        var fields = default(FramingFields);
        fields.Collect(head);

        RequestRejection rejection = InterpretHost(head, in fields);
        if (rejection == RequestRejection.None)
            rejection = InterpretBody(head, in fields);
        if (rejection != RequestRejection.None)
            return rejection;

        head.KeepAlive = !fields.HasClose && (head.IsHttp11 || fields.HasKeepAlive);
        if (fields.HasUnknownExpectation && head.IsHttp11)
            return RequestRejection.UnknownExpectation;
        head.ExpectsContinue = fields.HasContinueExpectation && head.IsHttp11 && head.BodyKind != RequestBodyKind.None;
        return RequestRejection.None;
    }

    // RFC 9112 section 3.2: a server must refuse an HTTP/1.1 request without Host, and any with two or with an invalid one.

    private static RequestRejection InterpretHost(RequestHead head, in FramingFields fields)
    {
        if (fields.HostCount > 1)
            return RequestRejection.DuplicateHost;
        if (fields.HostCount == 0)
            return head.IsHttp11 ? RequestRejection.MissingHost : RequestRejection.None;
        if (!HostAndPort.TryParse(head.Bytes(fields.Host), out _, out _))
            return RequestRejection.InvalidHost;
        if (head.TargetForm == RequestTargetForm.Absolute)
            return CheckAgreement(head, head.Bytes(fields.Host));
        head.SetHost(fields.Host);
        return RequestRejection.None;
    }

    // Section 3.2.2: the host of an absolute target takes precedence over the field. Proxies before this server may not know that, so the
    // two must agree.

    private static RequestRejection CheckAgreement(RequestHead head, ReadOnlySpan<byte> field)
    {
        int defaultPort = HttpTokens.EqualsIgnoreCase(head.Target[.."https"u8.Length], "https"u8) ? 443 : 80;
        return HostAndPort.AreSame(head.Host, field, defaultPort) ? RequestRejection.None : RequestRejection.HostMismatch;
    }

    private static RequestRejection InterpretBody(RequestHead head, in FramingFields fields)
    {
        if (fields.HasLookalike)
            return RequestRejection.LookalikeFieldName;
        if (fields.TransferEncodingCount != 0)
        {
            // Section 6.1: HTTP/1.0 does not know the field, and one of the two lengths would be wrong.
            if (!head.IsHttp11)
                return RequestRejection.TransferEncodingInHttp10;
            if (fields.ContentLengthCount != 0)
                return RequestRejection.ContentLengthWithTransferEncoding;
            head.BodyKind = RequestBodyKind.Chunked;
            return TransferEncoding.Check(head, fields.TransferEncodingCount);
        }

        if (fields.ContentLengthCount == 0)
            return RequestRejection.None;
        if (fields.ContentLengthCount > 1)
            return RequestRejection.DuplicateContentLength;
        head.BodyKind = RequestBodyKind.ContentLength;
        if (!TryParseLength(head.Bytes(fields.ContentLength), out long length))
            return RequestRejection.InvalidContentLength;
        head.ContentLength = length;
        return RequestRejection.None;
    }

    // Content-Length = 1*DIGIT (RFC 9110 section 8.6); without leading zeros, which some readers take as the prefix of an octal number.

    private static bool TryParseLength(ReadOnlySpan<byte> digits, out long length)
    {
        length = 0;
        if (digits is [(byte)'0', _, ..])
            return false;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit) || length > (long.MaxValue - (digit - '0')) / 10)
                return false;
            length = (length * 10) + (digit - '0');
        }

        return !digits.IsEmpty;
    }
}
