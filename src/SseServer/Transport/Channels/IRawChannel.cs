using System.Net;

namespace SseServer.Transport.Channels;

/// <summary>
/// The lower end of a connection, below TLS: a socket, or the memory of a test. A plain connection is served on it directly.
/// </summary>
/// <remarks>
/// One wait at a time. <see cref="Interrupt"/> may come from any thread; it ends the pending wait, and every later one until
/// <see cref="ClearInterrupt"/>. A wait may also end without cause: the next read then says that nothing is there, and the caller waits
/// again. It is disposed of when no wait and no send is pending, or after it was aborted.
/// </remarks>
internal interface IRawChannel : IChannel, IConnectionEnd
{
    IPEndPoint Peer { get; }

    bool IsAborted { get; }

    bool IsInterrupted { get; }

    /// <summary>Bytes that have arrived and were not read.</summary>
    int AvailableBytes { get; }

    /// <summary>
    /// Set while the code that follows a wait takes long: the wait then ends on a thread of the pool, not on the thread that noticed the
    /// input and has other connections to serve.
    /// </summary>
    bool ResumesOnPool { set; }

    /// <summary>Completes when a read would not block.</summary>
    ValueTask WhenReadableAsync();

    /// <summary>Calls back when a read would not block; never on the caller's stack.</summary>
    void WhenReadable(Action<object?> callback, object state);

    void Interrupt();

    void ClearInterrupt();

    /// <summary>Copies bytes that have arrived, and leaves them to be read.</summary>
    InputState Peek(Span<byte> buffer, out int peeked);

    /// <summary>Reads without waiting.</summary>
    InputState Receive(Span<byte> buffer, out int read);

    /// <summary>Sends FIN; false if the connection is broken.</summary>
    bool TryShutdownSend();

    /// <summary>Ends the reading side, which ends a pending wait; false if the connection is broken.</summary>
    bool TryShutdownReceive();
}
