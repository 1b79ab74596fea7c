namespace SseServer.Protocol.Http;

/// <summary>
/// The request line and header fields of a request, as <see cref="HttpRequestParser"/> read them. One object serves one
/// connection: it is filled again for each request, and <see cref="Reset"/> gives its arrays back to the pool in between.
/// Spans are valid until then. Owned by the connection; one thread at a time.
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
    /// form. Its escapes are well formed, and none is of a control.
    /// </summary>
    public ReadOnlySpan<byte> Path => IsPathImplied ? "/"u8 : Bytes(_path);

    /// <summary>What follows the first <c>?</c> of the target, as sent; empty if there is none.</summary>
    public ReadOnlySpan<byte> Query => Bytes(_query);

    /// <summary>Whether the request is HTTP/1.1 (or a later minor version) rather than HTTP/1.0.</summary>
    public bool IsHttp11 { get; internal set; }

    /// <summary>
    /// The host and port as sent: the authority of an absolute target (RFC 9112 section 3.2.2), with which a Host field agrees,
    /// otherwise the Host field; empty if there is neither, which only HTTP/1.0 allows.
    /// </summary>
    public ReadOnlySpan<byte> Host => Bytes(_host);

    /// <summary>How the end of the body is known.</summary>
    public RequestBodyKind BodyKind { get; internal set; }

    /// <summary>The length of the body in bytes where <see cref="BodyKind"/> is ContentLength, otherwise 0.</summary>
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
