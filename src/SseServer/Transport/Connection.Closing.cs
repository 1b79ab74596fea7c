using System.Runtime.CompilerServices;
using SseServer.Transport.Channels;

namespace SseServer.Transport;

/// <summary>Closing: in order, or at once.</summary>
/// <remarks>
/// Closing a socket while bytes arrive, or with a receive pending, resets the connection, and a reset destroys bytes that the kernel had
/// accepted and the peer had not read. So an orderly close sends FIN, discards what still arrives, and waits for the peer's FIN, within
/// bounds.
/// </remarks>
internal sealed partial class Connection
{
    private const int LingerReadBytes = 16 * 1024;

    // Some hundred microseconds of one thread.
    private const int LingerTurnBytes = 1024 * 1024;

    private long _lingerEnd;

    /// <summary>The request loop has ended: everything written is delivered, then the connection closes.</summary>
    internal void BeginLinger()
    {
        lock (_raw) EndUnderLock();
    }

    /// <summary>The request loop has ended and the connection is broken.</summary>
    internal void Close()
    {
        lock (_raw) CloseUnderLock();
    }

    /// <summary>The drain has timed out. The kernel still delivers what was written completely; everything else is cut off.</summary>
    internal void CutOff()
    {
        if (Phase == ConnectionPhase.Lingering) StopLingering();
        else Abort(CloseReason.ServerStopped);
    }

    /// <summary>Ends the linger in order: disposing of a socket with a receive pending would reset the connection.</summary>
    private void StopLingering()
    {
        // If it fails, the peer has reset the connection, or it has closed in the meantime.
        if (!_raw.TryShutdownReceive()) _raw.Interrupt();
    }

    private void EndUnderLock()
    {
        var peerLeft = _phase == ConnectionPhase.StreamPeerClosed;
        if (_channel == _raw || _raw.IsAborted)
        {
            LingerUnderLock(peerLeft);
            return;
        }

        // The sweep bounds this, since it cuts off peers that read nothing.
        _phase = ConnectionPhase.ClosingTls;
        _ = SendCloseNotifyAsync(peerLeft);
    }

    private async Task SendCloseNotifyAsync(bool peerLeft)
    {
        try
        {
            await _channel.CloseAsync();
        }
        catch (Exception e)
        {
            // Any exception: nothing else would ever close the socket.
            TransportLog.TransportFault(_context.Logger, e, Id);
            Abort(CloseReason.TransportFault);
        }

        lock (_raw)
        {
            if (_phase == ConnectionPhase.ClosingTls) LingerUnderLock(peerLeft);
        }
    }

    private void LingerUnderLock(bool peerLeft)
    {
        _phase = ConnectionPhase.Lingering;
        _raw.ClearInterrupt();

        // A connection over a limit occupies one of a few places that others wait for.
        _lingerEnd = _context.Time.GetTimestampAfter(IsOverLimit ? _context.Options.LingerTimeout : _context.Options.LingerPeriod);
        ArmForLinger();
        var finSent = _raw.TryShutdownSend();
        if (_raw.IsAborted || peerLeft || !finSent) CloseUnderLock();
        else if (!_isWaiting) DiscardUnderLock();
    }

    [SkipLocalsInit]
    private void DiscardUnderLock()
    {
        Span<byte> sink = stackalloc byte[LingerReadBytes];
        for (var turn = LingerTurnBytes; !_raw.IsInterrupted;)
        {
            var read = 0;
            var state = InputState.Nothing;

            // After a full turn the wait ends at once, on a pool thread, so a fast peer does not keep this thread from others.
            if (turn > 0) state = _raw.Receive(sink, out read);
            if (state == InputState.Nothing)
            {
                ArmForLinger();
                WaitUnderLock();
                return;
            }

            if (state == InputState.End) break;
            turn -= read;
        }

        CloseUnderLock();
    }

    private void ArmForLinger()
        => _deadline.Arm(Math.Min(_context.Time.GetTimestampAfter(_context.Options.LingerTimeout), _lingerEnd), DeadlineKind.Linger);

    private void CloseUnderLock()
    {
        if (_phase == ConnectionPhase.Closed) return;
        _phase = ConnectionPhase.Closed;
        _deadline.Disarm();
        Output.Complete();
        if (_channel != _raw) _channel.Dispose();
        _raw.Dispose();
        TransportLog.Closed(_context.Logger, Id, CloseReason);
        _context.Closed(this);
    }
}
