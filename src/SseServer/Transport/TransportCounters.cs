namespace SseServer.Transport;

/// <summary>What happened to connections since the start. They only rise; safe on any thread.</summary>
internal sealed class TransportCounters
{
    private readonly long[] _closed = new long[(int)CloseReason.TransportFault + 1];
    private long _accepted;
    private long _handshakes;

    /// <summary>Connections taken from the system, those over a limit included.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>TLS handshakes that succeeded. Others are closed connections: <see cref="CloseReason.TlsRefused"/>, <see cref="CloseReason.HandshakeTimeout"/>.</summary>
    public long Handshakes => Volatile.Read(ref _handshakes);

    /// <summary>Connections that ended for this reason.</summary>
    public long Closed(CloseReason reason) => Volatile.Read(ref _closed[(int)reason]);

    public void CountAccepted() => Interlocked.Increment(ref _accepted);

    public void CountHandshake() => Interlocked.Increment(ref _handshakes);

    public void CountClosed(CloseReason reason) => Interlocked.Increment(ref _closed[(int)reason]);
}
