namespace SseServer.Protocol.Http;

/// <summary>The forms of a request target (RFC 9112 section 3.2). CONNECT and its authority form are always refused.</summary>
public enum RequestTargetForm
{
    /// <summary><c>/path?query</c>.</summary>
    Origin,

    /// <summary><c>http://host/path?query</c>, as sent to a proxy.</summary>
    Absolute,

    /// <summary><c>*</c>, with OPTIONS alone.</summary>
    Asterisk,
}

/// <summary>How the end of a request's body is determined (RFC 9112 section 6.3).</summary>
public enum RequestBodyKind
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>The body has <see cref="RequestHead.ContentLength"/> bytes, perhaps 0.</summary>
    ContentLength,

    /// <summary>The body is chunked; see <see cref="ChunkedBodyDecoder"/>.</summary>
    Chunked,
}

/// <summary>
/// The request line and header fields of a request, as read by <see cref="HttpRequestParser"/>. One object serves one connection: it is
/// reused for each request, and <see cref="Reset"/> returns its arrays to the pool in between. Spans are valid until then. Owned by the
/// connection; one thread at a time.
/// </summary>
public sealed partial class RequestHead : IDisposable
{
    private ByteRange _method;
    private ByteRange _target;
    private ByteRange _path;
    private ByteRange _query;
    private ByteRange _host;

    /// <summary>The method.</summary>
    public RequestMethod Method { get; internal set; }

    /// <summary>The method as sent.</summary>
    public ReadOnlySpan<byte> MethodName => Bytes(_method);

    /// <summary>The request target as sent.</summary>
    public ReadOnlySpan<byte> Target => Bytes(_target);

    /// <summary>The form of the target.</summary>
    public RequestTargetForm TargetForm { get; internal set; }

    /// <summary>
    /// The path as sent, so still percent-encoded: <c>/</c> for an absolute target without one, <c>*</c> for the asterisk
    /// form. Its escapes are well formed, and none encodes a control character.
    /// </summary>
    public ReadOnlySpan<byte> Path => IsPathImplied ? "/"u8 : Bytes(_path);

    /// <summary>The part after the first <c>?</c> of the target, as sent; empty if there is none.</summary>
    public ReadOnlySpan<byte> Query => Bytes(_query);

    /// <summary>Whether the request is HTTP/1.1 (or a later minor version) rather than HTTP/1.0.</summary>
    public bool IsHttp11 { get; internal set; }

    /// <summary>
    /// The host and port as sent: the authority of an absolute target (RFC 9112 section 3.2.2), with which a Host field agrees,
    /// otherwise the Host field; empty if there is neither, which only HTTP/1.0 allows.
    /// </summary>
    public ReadOnlySpan<byte> Host => Bytes(_host);

    /// <summary>How the end of the body is determined.</summary>
    public RequestBodyKind BodyKind { get; internal set; }

    /// <summary>The length of the body in bytes if <see cref="BodyKind"/> is ContentLength, otherwise 0.</summary>
    public long ContentLength { get; internal set; }

    /// <summary>Whether the client wants to use the connection again (RFC 9112 section 9.3).</summary>
    public bool KeepAlive { get; internal set; }

    /// <summary>
    /// Whether the client waits for 100 (Continue) before it sends the body. False without a body and for HTTP/1.0, whose
    /// expectations are ignored (RFC 9110 section 10.1.1).
    /// </summary>
    public bool ExpectsContinue { get; internal set; }

    /// <summary>The number of header fields.</summary>
    public int HeaderCount { get; private set; }

    /// <summary>The name of a header field as sent.</summary>
    /// <param name="index">0 to <see cref="HeaderCount"/> - 1, in the order of arrival.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such field.</exception>
    public ReadOnlySpan<byte> HeaderName(int index) => Bytes(FieldAt(index).Name);

    /// <summary>The value of a header field, without the white space around it.</summary>
    /// <param name="index">0 to <see cref="HeaderCount"/> - 1, in the order of arrival.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such field.</exception>
    public ReadOnlySpan<byte> HeaderValue(int index) => Bytes(FieldAt(index).Value);

    /// <summary>The value of the first header field of this name.</summary>
    /// <param name="name">The name; the case of its letters does not matter.</param>
    /// <param name="value">The value, without the white space around it; empty if there is no such field.</param>
    public bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (int index = 0; index < HeaderCount; index++)
        {
            if (HttpTokens.EqualsIgnoreCase(HeaderName(index), name))
            {
                value = HeaderValue(index);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The number of header fields of this name; the case of its letters does not matter.</summary>
    public int CountHeaders(ReadOnlySpan<byte> name)
    {
        int count = 0;
        for (int index = 0; index < HeaderCount; index++)
        {
            if (HttpTokens.EqualsIgnoreCase(HeaderName(index), name))
                count++;
        }

        return count;
    }
}
