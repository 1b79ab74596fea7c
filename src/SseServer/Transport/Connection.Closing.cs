using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SseServer.Transport.Limits;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>The ways to an end.</summary>
/// <remarks>
/// To close a socket while bytes arrive, or with a receive pending, resets the connection, and a reset destroys what the kernel had
/// accepted and the peer had not read. So an orderly close sends FIN, discards what still comes, and waits for the peer's FIN,
/// within bounds.
/// </remarks>
internal sealed partial class Connection
{
    /// <summary>The request loop is over: everything written is delivered, then the connection closes.</summary>
    internal void BeginLinger()
    {
        lock (_receiver) EndUnderLock();
    }

    /// <summary>The request loop is over and the connection broken.</summary>
    internal void Close()
    {
        lock (_receiver) CloseUnderLock();
    }

    private void EndUnderLock()
    {
        var peerLeft = _phase == ConnectionPhase.StreamPeerClosed;
        if (_tls is null || IsAborted)
        {
            LingerUnderLock(peerLeft);
            return;
        }

        // How long it may take is bounded by the sweep for peers that read nothing.
        _phase = ConnectionPhase.Farewell;
        _ = SayFarewellAsync(_tls, peerLeft);
    }

    private async Task SayFarewellAsync(TlsSession tls, bool peerLeft)
    {
        try
        {
            await tls.CloseAsync();
        }
        catch (Exception e)
        {
            // Whatever it is: nobody else would ever close the socket.
            TransportLog.TransportFault(_context.Logger, e, Id);
            Abort(CloseReason.TransportFault);
        }

        lock (_receiver)
        {
            if (_phase == ConnectionPhase.Farewell) LingerUnderLock(peerLeft);
        }
    }

    private void LingerUnderLock(bool peerLeft)
    {
        _phase = ConnectionPhase.Lingering;
        _discarded = 0;
        _receiver.ClearInterrupt();
        _deadline.Arm(_context.After(_context.Options.LingerTimeout), DeadlineKind.Linger);
        var finSent = TryShutdownSend();
        if (IsAborted || peerLeft || !finSent) CloseUnderLock();
        else if (!_waiting) DiscardUnderLock();
    }

    [SkipLocalsInit]
    private void DiscardUnderLock()
    {
        Span<byte> sink = stackalloc byte[DiscardBytes];
        while (_discarded < _context.Options.LingerBytes && !_receiver.IsInterrupted)
        {
            var read = _socket.Receive(sink, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                WaitUnderLock();
                return;
            }

            if (read <= 0) break;
            _discarded += read;
        }

        CloseUnderLock();
    }

    private bool TryShutdownSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void CloseUnderLock()
    {
        if (_phase == ConnectionPhase.Closed) return;
        _phase = ConnectionPhase.Closed;
        _deadline.Disarm();
        Output.Complete();
        _tls?.Dispose();
        _socket.Dispose();
        _receiver.Dispose();
        TransportLog.Closed(_context.Logger, Id, CloseReason);
        _context.Counters.CountClosed(CloseReason);
        if (_isCountedForAddress) _context.Limits.LeaveAddress(new ClientNetwork(RemoteAddress));
        _context.Limits.Leave(_standing);
        _context.Connections.Remove(_slot);
    }
}
