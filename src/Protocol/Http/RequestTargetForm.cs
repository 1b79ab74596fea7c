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
