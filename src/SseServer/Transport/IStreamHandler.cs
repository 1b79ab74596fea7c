namespace SseServer.Transport;

/// <summary>What becomes of a connection when its stream is over.</summary>
internal enum StreamEnd
{
    /// <summary>The last chunk is written: the connection reads requests again, or closes in order if it cannot.</summary>
    KeepAlive,

    /// <summary>Everything written is delivered, then the connection closes.</summary>
    Close,

    /// <summary>The connection closes at once; bytes that the kernel has not delivered are lost.</summary>
    Abort,
}

/// <summary>
/// Writes to a connection while it carries a stream. Each method is called at most once, in this order, on pool threads, with no lock held.
/// After <see cref="OnStreamReady"/> the handler calls <see cref="Connection.EndStream"/> exactly once.
/// </summary>
internal interface IStreamHandler
{
    /// <summary>
    /// The kernel has accepted all earlier replies. From here on only the handler touches <see cref="Connection.Output"/>.
    /// </summary>
    void OnStreamReady(Connection connection);

    /// <summary>
    /// The peer sends nothing more. After <see cref="CloseReason.PeerFinished"/> it may still read, so one last write is worthwhile. Never
    /// called after <see cref="Connection.EndStream"/> returned.
    /// </summary>
    void OnPeerClosed(CloseReason reason);
}
