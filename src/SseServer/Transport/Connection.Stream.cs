namespace SseServer.Transport;

/// <summary>Carrying a stream: noticing that the peer leaves, and the stream's end.</summary>
/// <remarks>
/// A client that has read a stream's last chunk may send its next request before the owner gets to say that the stream is over. So bytes
/// that come during a stream are left in the kernel, with no receive pending (it would complete at once, again and again), until the
/// next sweep discards them.
/// </remarks>
internal sealed partial class Connection
{
    private const int DiscardBytes = 4096;

    /// <summary>The request loop is over and hands the connection to a stream.</summary>
    /// <param name="peer">Who writes from here on.</param>
    /// <param name="keepable">Whether requests may be read again after the stream.</param>
    /// <param name="unread">Bytes that came behind the request and were dropped.</param>
    internal void BeginStream(IStreamPeer peer, bool keepable, long unread)
    {
        lock (_receiver)
        {
            _phase = ConnectionPhase.StreamStarting;
            _peer = peer;
            _keepable = keepable;
            _discarded = (int)Math.Min(unread, int.MaxValue);
            _tls?.BeginStream();
        }

        try
        {
            peer.OnStreamReady(this);
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        if (unread > StrayBytesLimit) Abort(CloseReason.StrayBytes);
        lock (_receiver)
        {
            // What the TLS layer holds already is the next sweep's, like bytes that come later.
            if (_phase == ConnectionPhase.StreamStarting && _tls is { MayHoldData: true }) _phase = ConnectionPhase.StreamStray;
            else if (_phase == ConnectionPhase.StreamStarting) ResumeStreamUnderLock();
        }
    }

    /// <summary>
    /// The stream is over. The owner calls it exactly once, while no send is pending, and touches the connection no more.
    /// </summary>
    /// <exception cref="InvalidOperationException">No stream is underway: it was ended already.</exception>
    public void EndStream(StreamEnd end)
    {
        var serve = false;
        lock (_receiver)
        {
            if (_phase is not (ConnectionPhase.StreamStarting or ConnectionPhase.Stream or ConnectionPhase.StreamStray
                or ConnectionPhase.StreamPeerClosed))
            {
                throw new InvalidOperationException("The connection carries no stream.");
            }

            _peer = null;
            if (end == StreamEnd.Abort)
            {
                Abort(CloseReason.StreamEnded);
                CloseUnderLock();
            }
            else if (end == StreamEnd.KeepAlive && MayServeAgainUnderLock())
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

        if (serve) RequestLoop.Start(this, _context);
    }

    private bool MayServeAgainUnderLock() =>
        _keepable && _discarded == 0 && _phase != ConnectionPhase.StreamPeerClosed
        && CloseReason == CloseReason.None && !_context.IsDraining;

    private void ResumeStreamUnderLock()
    {
        _phase = ConnectionPhase.Stream;
        WaitUnderLock();
    }

    /// <summary>Something is to be read, or the wait was interrupted. Returns whom to tell that the peer left.</summary>
    private IStreamPeer? LookUnderLock()
    {
        switch (CloseReason == CloseReason.None ? LookAtInput() : InputState.End)
        {
            case InputState.Nothing:
                WaitUnderLock();
                return null;
            case InputState.End:
                return LoseUnderLock();
            case InputState.Partial:
                ArmForHead();
                break;
        }

        _phase = ConnectionPhase.StreamStray;
        return null;
    }

    private InputState LookAtInput() => _tls is null ? PeekSocket(stackalloc byte[1], out _) : _tls.Look();

    private IStreamPeer? LoseUnderLock()
    {
        _phase = ConnectionPhase.StreamPeerClosed;
        return _peer;
    }

    private void Tell(IStreamPeer peer)
    {
        try
        {
            peer.OnPeerClosed(CloseReason);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>The stream's owner threw, so it cannot be trusted to end the stream.</summary>
    private void Fail(Exception exception)
    {
        TransportLog.ApplicationFault(_context.Logger, exception, Id);
        Abort(CloseReason.ApplicationFault);
        Close();
    }

    private void SweepStray()
    {
        IStreamPeer? left;
        lock (_receiver) left = _phase == ConnectionPhase.StreamStray ? DropStrayUnderLock() : null;
        if (left is not null) Tell(left);
    }

    private IStreamPeer? DropStrayUnderLock()
    {
        var sink = _context.Buffers.RentArray(DiscardBytes);
        try
        {
            while (CloseReason == CloseReason.None)
            {
                var read = 0;
                switch (_tls is null ? ReceiveSocket(sink, out read) : _tls.Receive(sink, out read))
                {
                    case InputState.Nothing:
                        Disarm();
                        ResumeStreamUnderLock();
                        return null;
                    case InputState.Partial:
                        if (_deadline.Kind == DeadlineKind.None) ArmForHead();
                        return null;
                }

                _discarded += read;
                if (_discarded <= StrayBytesLimit) continue;
                _phase = ConnectionPhase.StreamPeerClosed;
                Abort(CloseReason.StrayBytes);
            }

            return LoseUnderLock();
        }
        finally
        {
            _context.Buffers.Return(sink);
        }
    }
}
