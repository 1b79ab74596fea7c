using SseServer.Transport.Channels;

namespace SseServer.Transport;

/// <summary>Carrying a stream: noticing that the peer leaves, and the stream's end.</summary>
/// <remarks>
/// A client that has read a stream's last chunk may send its next request before the handler has declared the stream over. So bytes that
/// arrive during a stream are left in the kernel until the next sweep discards them. No receive is pending meanwhile: it would complete
/// at once, again and again.
/// </remarks>
internal sealed partial class Connection
{
    private const int DiscardBytes = 4096;

    private IStreamHandler? _handler;
    private int _strayBytes;
    private bool _mayServeAgain;

    /// <summary>The request loop has ended and hands the connection to a stream.</summary>
    /// <param name="handler">Writes from here on.</param>
    /// <param name="mayServeAgain">Whether requests may be read again after the stream.</param>
    /// <param name="unread">Bytes that followed the request and were dropped.</param>
    internal void BeginStream(IStreamHandler handler, bool mayServeAgain, long unread)
    {
        lock (_raw)
        {
            _phase = ConnectionPhase.StreamStarting;
            _handler = handler;
            _mayServeAgain = mayServeAgain;
            _strayBytes = (int)Math.Min(unread, int.MaxValue);
            _channel.BeginStream(_context.Options.StrayBytesLimit);
        }

        try
        {
            handler.OnStreamReady(this);
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        if (unread > _context.Options.StrayBytesLimit) Abort(CloseReason.StrayBytes);
        lock (_raw)
        {
            if (_phase != ConnectionPhase.StreamStarting) return;

            // The next sweep discards data that the channel already holds, like bytes that arrive later.
            if (_channel.MayHoldData) _phase = ConnectionPhase.StreamStray;
            else ResumeStreamUnderLock();
        }
    }

    /// <summary>
    /// The stream is over. Its handler calls this exactly once, while no send is pending, and does not touch the connection afterwards.
    /// </summary>
    /// <exception cref="InvalidOperationException">The connection carries no stream, or it was ended already.</exception>
    public void EndStream(StreamEnd end)
    {
        var serve = false;
        lock (_raw)
        {
            if (_phase is not (ConnectionPhase.StreamStarting or ConnectionPhase.Stream or ConnectionPhase.StreamStray
                or ConnectionPhase.StreamPeerClosed))
            {
                throw new InvalidOperationException("The connection carries no stream.");
            }

            _handler = null;
            if (end == StreamEnd.Abort)
            {
                Abort(CloseReason.StreamEnded);
                CloseUnderLock();
            }
            else if (end == StreamEnd.KeepAlive && CanServeAgainUnderLock())
            {
                serve = _phase == ConnectionPhase.StreamStray;
                if (serve) _phase = ConnectionPhase.Requests;
                else ParkUnderLock();
            }
            else
            {
                TryRecord(CloseReason.StreamEnded);
                EndUnderLock();
            }
        }

        if (serve) _context.Serve(this);
    }

    private bool CanServeAgainUnderLock()
        => _mayServeAgain && _strayBytes == 0 && _phase != ConnectionPhase.StreamPeerClosed
           && CloseReason == CloseReason.None && !_context.Drain.IsDraining;

    private void ResumeStreamUnderLock()
    {
        _phase = ConnectionPhase.Stream;
        WaitUnderLock();
    }

    /// <summary>Input has arrived, or the wait was interrupted. Returns the handler to notify if the peer left.</summary>
    private IStreamHandler? CheckInputUnderLock()
    {
        switch (CloseReason == CloseReason.None ? _channel.Peek() : InputState.End)
        {
            case InputState.Nothing:
                WaitUnderLock();
                return null;
            case InputState.End:
                return SetPeerClosedUnderLock();
            case InputState.Partial:
                ArmForHead();
                break;
        }

        _phase = ConnectionPhase.StreamStray;
        return null;
    }

    private IStreamHandler? SetPeerClosedUnderLock()
    {
        _phase = ConnectionPhase.StreamPeerClosed;
        return _handler;
    }

    private void NotifyPeerClosed(IStreamHandler handler)
    {
        try
        {
            handler.OnPeerClosed(CloseReason);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>The stream's handler threw an exception, so it cannot be trusted to end the stream.</summary>
    private void Fail(Exception exception)
    {
        TransportLog.ApplicationFault(_context.Logger, exception, Id);
        Abort(CloseReason.ApplicationFault);
        Close();
    }

    private void SweepStray()
    {
        IStreamHandler? deserted;
        lock (_raw) deserted = _phase == ConnectionPhase.StreamStray ? DiscardStrayUnderLock() : null;
        if (deserted is not null) NotifyPeerClosed(deserted);
    }

    private IStreamHandler? DiscardStrayUnderLock()
    {
        var sink = _context.Buffers.RentArray(DiscardBytes);
        try
        {
            while (CloseReason == CloseReason.None)
            {
                switch (_channel.Receive(sink.AsMemory(), out var read))
                {
                    case InputState.Nothing:
                        Disarm();
                        ResumeStreamUnderLock();
                        return null;
                    case InputState.Partial:
                        if (_deadline.Kind == DeadlineKind.None) ArmForHead();
                        return null;
                }

                _strayBytes += read;
                if (_strayBytes <= _context.Options.StrayBytesLimit) continue;
                _phase = ConnectionPhase.StreamPeerClosed;
                Abort(CloseReason.StrayBytes);
            }

            return SetPeerClosedUnderLock();
        }
        finally
        {
            _context.Buffers.Return(sink);
        }
    }
}
