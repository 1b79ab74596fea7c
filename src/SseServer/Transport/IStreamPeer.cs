namespace SseServer.Transport;

/// <summary>
/// Who writes to a connection once it carries a stream. Both methods are called once at the most, in this order, on threads of the
/// pool, under no lock. After <see cref="OnStreamReady"/> the owner calls <see cref="Connection.EndStream"/> exactly once.
/// </summary>
internal interface IStreamPeer
{
    /// <summary>
    /// All earlier replies are with the kernel. From here on only the peer's owner touches <see cref="Connection.Output"/>.
    /// </summary>
    void OnStreamReady(Connection connection);

    /// <summary>
    /// Nothing more comes from the other side. After <see cref="CloseReason.PeerFinished"/> it may still read, so one last write is
    /// worthwhile. Never called after <see cref="Connection.EndStream"/> returned.
    /// </summary>
    void OnPeerClosed(CloseReason reason);
}
