namespace SseServer.Protocol.Http;

/// <summary>The one map from a <see cref="RequestRejection"/> to its status code and the sentence that says what to correct.</summary>
public static class RequestRejections
{
    /// <summary>The status code of the response, 400 to 599 (RFC 9110 section 15); 200 for <see cref="RequestRejection.None"/>.</summary>
    public static int StatusOf(RequestRejection rejection) => rejection switch
    {
        RequestRejection.None => 200,
        RequestRejection.RequestTimeout or RequestRejection.BodyTimeout or RequestRejection.BodyTooSlow => 408,
        RequestRejection.LengthRequired => 411,
        RequestRejection.BodyTooLarge => 413,
        RequestRejection.RequestLineTooLong => 414,
        RequestRejection.UnknownExpectation => 417,
        RequestRejection.HeaderSectionTooLarge or RequestRejection.TooManyHeaders or RequestRejection.TrailerTooLarge => 431,
        RequestRejection.UnsupportedTransferCoding or RequestRejection.TunnelRequested => 501,
        RequestRejection.UnsupportedVersion or RequestRejection.Http2Preface => 505,
        _ => 400,
    };

    /// <summary>One sentence in English; empty for <see cref="RequestRejection.None"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rejection"/> is not a member of its enum.</exception>
    public static string Explain(RequestRejection rejection) => rejection switch
    {
        RequestRejection.None => "",
        RequestRejection.MalformedRequestLine =>
            "The first line must be a method, a target and HTTP/1.1 with one space between each two.",
        RequestRejection.InvalidMethod => "The method must consist of letters and the other characters of a token.",
        RequestRejection.MethodTooLong =>
            "Begin the request with a method of HTTP, such as GET or POST: what stands there is longer than any.",
        RequestRejection.TunnelRequested => "Ask a proxy for tunnels; this server serves its own resources only.",
        RequestRejection.InvalidTarget =>
            "The target must be a path that begins with a slash, or an http or https URL without user information.",
        RequestRejection.InvalidTargetByte =>
            "Percent-encode every character of the target that is not visible ASCII and each backslash of the path, "
            + "and leave out the fragment.",
        RequestRejection.InvalidPathEscape =>
            "Follow each '%' of the path with two hex digits, of a byte that is no control character.",
        RequestRejection.RequestLineTooLong => "Shorten the path and the query: the request line is longer than this server reads.",
        RequestRejection.UnsupportedVersion => "Send the request as HTTP/1.1; this server speaks no other version but HTTP/1.0.",
        RequestRejection.Http2Preface => "Send the request as HTTP/1.1; this port does not speak HTTP/2.",
        RequestRejection.TlsHandshake => "Use http:// for this port; it does not speak TLS.",
        RequestRejection.PlainTextToTls => "Use https:// for this port; it speaks TLS only.",
        RequestRejection.BareCarriageReturn => "End each line of the head with CR LF; a CR stands without its LF.",
        RequestRejection.BareLineFeed => "End each line of the head with CR LF; an LF stands without its CR.",
        RequestRejection.FoldedFieldLine => "Put each header field on one line; a line must not begin with a space or tab.",
        RequestRejection.MissingColon => "Separate the name of each header field from its value with a colon.",
        RequestRejection.EmptyFieldName => "Give each header field a name before the colon.",
        RequestRejection.SpaceBeforeColon => "Leave out the white space between the name of a header field and the colon.",
        RequestRejection.InvalidFieldName => "Name header fields with letters and the other characters of a token.",
        RequestRejection.ControlInFieldValue => "Leave NUL and other control characters out of header fields.",
        RequestRejection.HeaderSectionTooLarge => "Send fewer or shorter header fields: together they are longer than this server reads.",
        RequestRejection.TooManyHeaders => "Send fewer header fields: there are more than this server reads.",
        RequestRejection.MissingHost => "Send a Host field, as every HTTP/1.1 request must.",
        RequestRejection.DuplicateHost => "Send one Host field only.",
        RequestRejection.InvalidHost => "Name the host as a host name or address with an optional port.",
        RequestRejection.HostMismatch => "Name the same host in the target and in the Host field.",
        RequestRejection.LookalikeFieldName =>
            "Write Content-Length and Transfer-Encoding with a hyphen: an underscore makes another field of them.",
        RequestRejection.InvalidContentLength => "Send Content-Length as one decimal number without sign, spaces or leading zeros.",
        RequestRejection.DuplicateContentLength => "Send one Content-Length field only.",
        RequestRejection.ContentLengthWithTransferEncoding => "Send either Content-Length or Transfer-Encoding, not both.",
        RequestRejection.TransferEncodingInHttp10 => "Send Content-Length, or use HTTP/1.1: HTTP/1.0 has no Transfer-Encoding.",
        RequestRejection.InvalidTransferEncoding => "Send Transfer-Encoding as the one word chunked.",
        RequestRejection.UnsupportedTransferCoding => "Use no transfer coding but chunked.",
        RequestRejection.ChunkedNotFinal => "Make chunked the last transfer coding; without it the end of the body is unknown.",
        RequestRejection.ChunkedTwice => "Name chunked once in Transfer-Encoding.",
        RequestRejection.UnknownExpectation => "Expect nothing but 100-continue.",
        RequestRejection.InvalidChunkSize => "Begin each chunk with its size in hexadecimal digits.",
        RequestRejection.ChunkSizeOverflow => "Send smaller chunks: the size of one is out of range.",
        RequestRejection.InvalidChunkExtension =>
            "Let a CR LF, or a semicolon and an extension of one line, follow the size of each chunk.",
        RequestRejection.ChunkLineTooLong => "Leave out chunk extensions: a chunk-size line is longer than this server reads.",
        RequestRejection.ChunkExtensionsTooLarge =>
            "Send fewer chunk extensions: those of the body together are longer than this server reads.",
        RequestRejection.MissingChunkEnd => "Let CR LF follow the data of each chunk, and let the data be as long as its size says.",
        RequestRejection.InvalidTrailer => "Send each trailer field as a name, a colon and a value, ended with CR LF.",
        RequestRejection.TrailerTooLarge => "Send fewer trailer fields: together they are longer than this server reads.",
        RequestRejection.BodyTooLarge => "Send a shorter body: this one is longer than this server accepts.",
        RequestRejection.LengthRequired => "Send the body with Content-Length or with Transfer-Encoding: chunked.",
        RequestRejection.RequestTimeout => "Send the whole head of the request sooner.",
        RequestRejection.BodyTimeout => "Send the body without such long pauses.",
        RequestRejection.BodyTooSlow => "Send the body faster.",
        _ => throw new ArgumentOutOfRangeException(nameof(rejection)),
    };
}
