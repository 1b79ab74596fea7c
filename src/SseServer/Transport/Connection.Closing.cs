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
    private const int LingerReadBytes = 16 * 1024;

    // Some hundred microseconds of one thread.
    private const int LingerTurnBytes = 1024 * 1024;

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

    /// <summary>The time to drain is over. What was written to its end is left to the kernel to deliver; the rest is cut off.</summary>
    internal void CutOff()
    {
        if (Phase == ConnectionPhase.Lingering) StopLingering();
        else Abort(CloseReason.ServerStopped);
    }

    /// <summary>Closes a connection that lingers, in order: disposing of a socket with a receive pending would abort it.</summary>
    private void StopLingering()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer has reset it, or it closed by itself in the meantime.
            _receiver.Interrupt();
        }
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
        _receiver.ClearInterrupt();
        // One that is over a limit has one of few places, which others wait for.
        _lingerEnd = _context.After(IsOverLimit ? _context.Options.LingerTimeout : _context.Options.LingerPeriod);
        ArmForLinger();
        var finSent = TryShutdownSend();
        if (IsAborted || peerLeft || !finSent) CloseUnderLock();
        else if (!_waiting) DiscardUnderLock();
    }

    [SkipLocalsInit]
    private void DiscardUnderLock()
    {
        Span<byte> sink = stackalloc byte[LingerReadBytes];
        for (var turn = LingerTurnBytes; !_receiver.IsInterrupted;)
        {
            var read = 0;
            var error = SocketError.WouldBlock;
            // The wait that follows a full turn ends at once, on a thread of the pool: a fast peer does not keep this one from others.
            if (turn > 0) read = _socket.Receive(sink, SocketFlags.None, out error);
            if (error == SocketError.WouldBlock)
            {
                ArmForLinger();
                WaitUnderLock();
                return;
            }

            if (read <= 0) break;
            turn -= read;
        }

        CloseUnderLock();
    }

    private void ArmForLinger() =>
        _deadline.Arm(Math.Min(_context.After(_context.Options.LingerTimeout), _lingerEnd), DeadlineKind.Linger);

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
