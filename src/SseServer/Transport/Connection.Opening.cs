using SseServer.Protocol.Http;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>What comes before the first request. A connection that needs none of it is never in this phase.</summary>
internal sealed partial class Connection
{
    /// <summary>The opening is over: requests are next.</summary>
    internal void EndOpening()
    {
        Disarm();
        _receiver.EndsOnPool = false;
        lock (_receiver) ParkUnderLock();
    }

    /// <summary>Shakes hands; false where that came to nothing.</summary>
    internal async Task<bool> NegotiateAsync()
    {
        if (!_isTls) return true;
        if (PeekFirst() is >= (byte)'A' and <= (byte)'Z')
        {
            // No TLS record begins with a letter, and every request does: it is answered in its own language.
            Refusal = RequestRejection.PlainTextToTls;
            return true;
        }

        _tls = await TlsSession.NegotiateAsync(this, (SocketPipeWriter)Output, _context.Certificates!.Handshake, _context);
        if (_tls is null) return false;
        Output = _tls.Output;
        _context.Counters.CountHandshake();
        return true;
    }

    private void AwaitOpeningUnderLock()
    {
        _phase = ConnectionPhase.Opening;
        ArmForHandshake(_context.Options.Tls!.HandshakeTimeout);
        WaitUnderLock();
    }

    // What follows is long, and the thread that noticed the first byte has others to serve.
    private void StartOpening()
    {
        _receiver.EndsOnPool = true;
        ThreadPool.UnsafeQueueUserWorkItem(static state => ConnectionOpening.Start(state.Connection, state.Context), (Connection: this, Context: _context), preferLocal: false);
    }

    private byte PeekFirst()
    {
        Span<byte> first = stackalloc byte[1];
        return PeekSocket(first, out _) == InputState.Data ? first[0] : default;
    }
}
