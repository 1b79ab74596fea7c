namespace SseServer.Protocol.Http;

/// <summary>How the end of a request's body is known (RFC 9112 section 6.3).</summary>
public enum RequestBodyKind
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>The body has <see cref="RequestHead.ContentLength"/> bytes, perhaps 0.</summary>
    ContentLength,

    /// <summary>The body is chunked; see <see cref="ChunkedBodyDecoder"/>.</summary>
    Chunked,
}
