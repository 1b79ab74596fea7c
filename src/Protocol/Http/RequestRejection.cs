namespace SseServer.Protocol.Http;

/// <summary>
/// Why a request is rejected before it is interpreted. <see cref="RequestRejections"/> has the status and the text of each.
/// </summary>
public enum RequestRejection
{
    /// <summary>The request is not rejected.</summary>
    None,

    /// <summary>The first line is not a method, a target and a version with one space between each two.</summary>
    MalformedRequestLine,

    /// <summary>The method is not a token.</summary>
    InvalidMethod,

    /// <summary>The method is longer than any known method.</summary>
    MethodTooLong,

    /// <summary>The method is CONNECT: the bytes of a tunnel would follow.</summary>
    TunnelRequested,

    /// <summary>The target has none of the forms of RFC 9112 section 3.2, or not the one that its method requires.</summary>
    InvalidTarget,

    /// <summary>The target holds a byte that must be percent-encoded, or a fragment.</summary>
    InvalidTargetByte,

    /// <summary>The path holds a <c>%</c> without two hexadecimal digits, or an escaped control.</summary>
    InvalidPathEscape,

    /// <summary>The request line is longer than the limit.</summary>
    RequestLineTooLong,

    /// <summary>The version is neither HTTP/1.0 nor HTTP/1.1.</summary>
    UnsupportedVersion,

    /// <summary>The client speaks HTTP/2 with prior knowledge.</summary>
    Http2Preface,

    /// <summary>The client speaks TLS to a plain-text port.</summary>
    TlsHandshake,

    /// <summary>The client speaks plain HTTP to a TLS port.</summary>
    PlainTextToTls,

    /// <summary>A CR is not followed by an LF.</summary>
    BareCarriageReturn,

    /// <summary>A line ends with LF alone.</summary>
    BareLineFeed,

    /// <summary>A field line continues the previous one, or is indented.</summary>
    FoldedFieldLine,

    /// <summary>A field line has no colon.</summary>
    MissingColon,

    /// <summary>A field line begins with a colon.</summary>
    EmptyFieldName,

    /// <summary>There is white space between a field name and its colon.</summary>
    SpaceBeforeColon,

    /// <summary>A field name is not a token.</summary>
    InvalidFieldName,

    /// <summary>A field value holds NUL or another control.</summary>
    ControlInFieldValue,

    /// <summary>The field lines together are longer than the limit.</summary>
    HeaderSectionTooLarge,

    /// <summary>There are more field lines than the limit.</summary>
    TooManyHeaders,

    /// <summary>An HTTP/1.1 request has no Host field.</summary>
    MissingHost,

    /// <summary>There is more than one Host field.</summary>
    DuplicateHost,

    /// <summary>The host is not a name or an address with an optional port.</summary>
    InvalidHost,

    /// <summary>The host of an absolute target is not that of the Host field.</summary>
    HostMismatch,

    /// <summary>A field is named like one that frames the message, with an underscore instead of the hyphen.</summary>
    LookalikeFieldName,

    /// <summary>Content-Length is not one decimal number, without leading zeros, in the range of a 64-bit integer.</summary>
    InvalidContentLength,

    /// <summary>There is more than one Content-Length field.</summary>
    DuplicateContentLength,

    /// <summary>Content-Length and Transfer-Encoding are both present.</summary>
    ContentLengthWithTransferEncoding,

    /// <summary>Transfer-Encoding is present in an HTTP/1.0 request.</summary>
    TransferEncodingInHttp10,

    /// <summary>Transfer-Encoding is not a list of transfer codings.</summary>
    InvalidTransferEncoding,

    /// <summary>Transfer-Encoding names a coding other than chunked.</summary>
    UnsupportedTransferCoding,

    /// <summary>Transfer-Encoding does not end with chunked.</summary>
    ChunkedNotFinal,

    /// <summary>Transfer-Encoding names chunked more than once.</summary>
    ChunkedTwice,

    /// <summary>Expect holds something other than 100-continue.</summary>
    UnknownExpectation,

    /// <summary>A chunk does not begin with a hexadecimal size.</summary>
    InvalidChunkSize,

    /// <summary>A chunk's size is out of the range of a 64-bit integer.</summary>
    ChunkSizeOverflow,

    /// <summary>A chunk's size is followed by neither a line break nor an extension.</summary>
    InvalidChunkExtension,

    /// <summary>A chunk-size line is longer than the limit.</summary>
    ChunkLineTooLong,

    /// <summary>The chunk extensions of a body together are longer than the limit.</summary>
    ChunkExtensionsTooLarge,

    /// <summary>No CR LF follows the data of a chunk.</summary>
    MissingChunkEnd,

    /// <summary>A trailer line is not a field line.</summary>
    InvalidTrailer,

    /// <summary>The trailer lines together are longer than the limit.</summary>
    TrailerTooLarge,

    /// <summary>The body is longer than allowed.</summary>
    BodyTooLarge,

    /// <summary>The request needs a body of known or chunked length and has none.</summary>
    LengthRequired,

    /// <summary>The request's head did not arrive in time.</summary>
    RequestTimeout,

    /// <summary>No byte of the body arrived for too long.</summary>
    BodyTimeout,

    /// <summary>The body arrives more slowly than the minimum rate.</summary>
    BodyTooSlow,
}
