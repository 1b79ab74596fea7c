namespace SseServer.Transport;

/// <summary>Who reads from a connection at present.</summary>
internal enum ConnectionPhase
{
    /// <summary>First nobody, from the first byte on a <see cref="ConnectionOpening"/>: what comes before requests, a PROXY header and a TLS handshake.</summary>
    Opening,

    /// <summary>Nobody: a wait for readability is pending, and its end starts a request loop. No buffer is held.</summary>
    Parked,

    /// <summary>A <see cref="RequestLoop"/>.</summary>
    Requests,

    /// <summary>Nobody yet: the stream's owner is being told.</summary>
    StreamStarting,

    /// <summary>Nobody: a wait for readability is pending, to notice that the peer leaves.</summary>
    Stream,

    /// <summary>Nobody: bytes came during a stream and stay unread until the next sweep.</summary>
    StreamStray,

    /// <summary>Nobody: the stream's owner knows that the peer left and is to end the stream.</summary>
    StreamPeerClosed,

    /// <summary>Nobody: what is on its way, and the TLS layer's end, are sent before the connection lingers.</summary>
    Farewell,

    /// <summary>Bytes are discarded until the peer's FIN comes.</summary>
    Lingering,

    /// <summary>The socket is disposed.</summary>
    Closed,
}
