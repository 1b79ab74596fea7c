namespace SseServer.Protocol.Http;

/// <summary>The forms of a request target (RFC 9112 section 3.2).</summary>
public enum RequestTargetForm
{
    /// <summary><c>/path?query</c>.</summary>
    Origin,

    /// <summary><c>http://host/path?query</c>, as sent to a proxy.</summary>
    Absolute,

    /// <summary><c>host:port</c>, with CONNECT alone.</summary>
    Authority,

    /// <summary><c>*</c>, with OPTIONS alone.</summary>
    Asterisk,
}
