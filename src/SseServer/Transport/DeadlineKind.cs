namespace SseServer.Transport;

/// <summary>What a connection is waiting for.</summary>
internal enum DeadlineKind
{
    /// <summary>Nothing that has a bound in time.</summary>
    None = 0,

    /// <summary>The first byte of a request. Only such a connection may be closed without a word.</summary>
    Request = 1,

    /// <summary>The rest of a request's head.</summary>
    Head = 2,

    /// <summary>The next byte of a request's body.</summary>
    Body = 3,

    /// <summary>The peer's FIN after ours.</summary>
    Linger = 4,

    /// <summary>The end of what comes before requests: a PROXY header, a TLS handshake.</summary>
    Handshake = 5,
}
