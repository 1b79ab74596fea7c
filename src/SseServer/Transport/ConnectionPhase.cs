namespace SseServer.Transport;

/// <summary>What a connection does at present, and who reads from it.</summary>
internal enum ConnectionPhase : byte
{
    /// <summary>A <see cref="ConnectionOpener"/> reads what comes before requests: a PROXY header, a TLS handshake.</summary>
    Opening,

    /// <summary>Nobody reads. A wait for readability is pending, and its end starts a request loop. No buffer is held.</summary>
    Parked,

    /// <summary>A request loop reads.</summary>
    Requests,

    /// <summary>Nobody reads yet: the stream's handler is being called.</summary>
    StreamStarting,

    /// <summary>Nobody reads. A wait for readability is pending, to notice that the peer leaves.</summary>
    Stream,

    /// <summary>Nobody reads. Bytes arrived during a stream, and stay unread until the next sweep.</summary>
    StreamStray,

    /// <summary>Nobody reads. The stream's handler was told that the peer left, and is to end the stream.</summary>
    StreamPeerClosed,

    /// <summary>Nobody reads. Unsent bytes and close_notify are being sent before the connection lingers.</summary>
    ClosingTls,

    /// <summary>The connection discards bytes until the peer's FIN arrives.</summary>
    Lingering,

    /// <summary>The channel is disposed.</summary>
    Closed,
}
