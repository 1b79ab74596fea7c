namespace SseServer.Transport.Channels;

/// <summary>
/// The bytes of one connection in both directions, as the request loop and a stream see them: plain, or decrypted and encrypted by TLS.
/// One reader at a time; meanwhile the <see cref="Output"/> may be written.
/// </summary>
internal interface IChannel : IDisposable
{
    /// <summary>Where bytes for the peer are written.</summary>
    ConnectionOutput Output { get; }

    /// <summary>Whether data may have been received already that a wait for readability would not report.</summary>
    bool MayHoldData { get; }

    /// <summary>
    /// Reads what is there, waiting for it if necessary; an empty buffer only waits. Returns 0 at the end of the input, which is the
    /// peer's end, a broken connection, or a wait that was interrupted. A close reason is recorded in the last two cases.
    /// </summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Checks without waiting what the peer has sent. Data stays to be read.</summary>
    InputState Peek();

    /// <summary>Reads without waiting.</summary>
    InputState Receive(Memory<byte> buffer, out int read);

    /// <summary>A stream begins; bytes that only concern the channel's own protocol are limited from here on.</summary>
    /// <param name="maxProtocolBytes">How many of them the peer may send during the stream.</param>
    void BeginStream(int maxProtocolBytes);

    /// <summary>
    /// Sends what is unsent and the channel's own end, if it has one (the close_notify of TLS). It does not throw for a broken peer.
    /// </summary>
    Task CloseAsync();
}
