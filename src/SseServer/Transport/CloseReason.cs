namespace SseServer.Transport;

/// <summary>
/// Why a connection ended. A connection keeps the first reason recorded. The hundreds say whose doing it was.
/// </summary>
internal enum CloseReason
{
    /// <summary>The connection is open.</summary>
    None = 0,

    // 1xx: the peer left. Nothing is wrong.

    /// <summary>The peer sent FIN.</summary>
    PeerFinished = 100,

    /// <summary>The peer sent RST.</summary>
    PeerReset = 101,

    /// <summary>The peer no longer acknowledges (TCP_USER_TIMEOUT, or the route is gone).</summary>
    PeerVanished = 102,

    // 2xx: the peer took too long.

    /// <summary>A request's head did not arrive in time.</summary>
    HeaderTimeout = 200,

    /// <summary>No further request came.</summary>
    KeepAliveTimeout = 201,

    /// <summary>A request's body stopped arriving.</summary>
    BodyTimeout = 202,

    /// <summary>The peer stopped reading what is sent to it.</summary>
    StalledReader = 203,

    /// <summary>The TLS handshake, or the PROXY header, was not complete in time.</summary>
    HandshakeTimeout = 210,

    // 3xx: what the peer sent cannot be served.

    /// <summary>The bytes are not an HTTP/1.1 request that the server accepts.</summary>
    RequestRefused = 300,

    /// <summary>Too many bytes arrived on a connection that carries a stream.</summary>
    StrayBytes = 301,

    /// <summary>A reply was given without reading the request's whole body.</summary>
    BodyUnread = 302,

    /// <summary>The limit on connections was reached when this one arrived.</summary>
    ConnectionLimit = 303,

    /// <summary>The limit on connections from its address was reached when this one arrived.</summary>
    AddressLimit = 304,

    /// <summary>The TLS handshake failed.</summary>
    TlsRefused = 310,

    /// <summary>Bytes after the handshake violate TLS, or end within a record.</summary>
    TlsBroken = 311,

    /// <summary>A trusted proxy did not begin the connection with a valid PROXY header.</summary>
    ProxyHeaderRefused = 312,

    // 4xx: the conversation is over.

    /// <summary>A reply said <c>Connection: close</c>.</summary>
    ReplyComplete = 400,

    /// <summary>The stream's handler ended it.</summary>
    StreamEnded = 401,

    /// <summary>The writer of the output canceled a flush.</summary>
    WriteCanceled = 402,

    // 5xx: the server stops.

    /// <summary>The server drains: connections without a request are closed at once, others after their reply.</summary>
    Draining = 500,

    /// <summary>The drain timed out.</summary>
    ServerStopped = 501,

    // 9xx: our mistake.

    /// <summary>The application threw.</summary>
    ApplicationFault = 900,

    /// <summary>The transport threw.</summary>
    TransportFault = 901,
}
