namespace SseServer.Protocol.Http;

/// <summary>The first line of a request (RFC 9112 section 3).</summary>
internal static class RequestLine
{
    /// <summary>The longest method that is recognized as one.</summary>
    // The longest that IANA registers, UPDATEREDIRECTREF, has 17. RFC 9112 section 3 recommends 501 for longer ones, which tells a client
    // to try another method; but a client that sends more than this does not speak HTTP.
    public const int MaxMethodBytes = 32;

    private static ReadOnlySpan<byte> VersionPrefix => "HTTP/"u8;

    // request-line = method SP request-target SP HTTP-version

    /// <summary>Parses the line that the head has just completed.</summary>
    public static RequestRejection Parse(RequestHead head)
    {
        ReadOnlySpan<byte> line = head.Line;
        int methodEnd = line.IndexOf((byte)' ');
        int targetEnd = line.LastIndexOf((byte)' ');
        ReadOnlySpan<byte> method = methodEnd < 0 ? line : line[..methodEnd];
        if (!HttpTokens.IsToken(method))
            return RequestRejection.InvalidMethod;
        if (method.Length > MaxMethodBytes)
            return RequestRejection.MethodTooLong;
        if (targetEnd <= methodEnd + 1)
            return RequestRejection.MalformedRequestLine;

        RequestRejection rejection = ParseVersion(line, line[(targetEnd + 1)..], head);
        if (rejection != RequestRejection.None)
            return rejection;

        head.Method = MethodOf(method);
        var target = new ByteRange(head.LineStart + methodEnd + 1, targetEnd - methodEnd - 1);
        head.SetRequestLine(new ByteRange(head.LineStart, methodEnd), target);
        return RequestTarget.Parse(head, target);
    }

    // HTTP-version = "HTTP/" DIGIT "." DIGIT

    private static RequestRejection ParseVersion(ReadOnlySpan<byte> line, ReadOnlySpan<byte> version, RequestHead head)
    {
        if (version.Length != VersionPrefix.Length + 3
            || !version.StartsWith(VersionPrefix)
            || version[6] != '.'
            || !char.IsAsciiDigit((char)version[5])
            || !char.IsAsciiDigit((char)version[7]))
        {
            return RequestRejection.MalformedRequestLine;
        }

        if (version[5] != '1')
        {
            return line.SequenceEqual("PRI * HTTP/2.0"u8)
                ? RequestRejection.Http2Preface
                : RequestRejection.UnsupportedVersion;
        }

        // RFC 9110 section 6.2: a higher minor version is processed as the highest known one.
        head.IsHttp11 = version[7] != '0';
        return RequestRejection.None;
    }

    private static RequestMethod MethodOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 when name.SequenceEqual("GET"u8) => RequestMethod.Get,
        3 when name.SequenceEqual("PUT"u8) => RequestMethod.Put,
        4 when name.SequenceEqual("POST"u8) => RequestMethod.Post,
        4 when name.SequenceEqual("HEAD"u8) => RequestMethod.Head,
        5 when name.SequenceEqual("PATCH"u8) => RequestMethod.Patch,
        5 when name.SequenceEqual("TRACE"u8) => RequestMethod.Trace,
        6 when name.SequenceEqual("DELETE"u8) => RequestMethod.Delete,
        7 when name.SequenceEqual("OPTIONS"u8) => RequestMethod.Options,
        7 when name.SequenceEqual("CONNECT"u8) => RequestMethod.Connect,
        _ => RequestMethod.Other,
    };
}
