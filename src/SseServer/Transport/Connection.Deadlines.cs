namespace SseServer.Transport;

/// <summary>Time: what a connection waits for has one deadline, which one sweep compares with the clock.</summary>
internal sealed partial class Connection
{
    /// <summary>Called about once a second by the server's sweep.</summary>
    internal void Sweep(long now)
    {
        if (_deadline.TryClaimPassed(now, out var kind)) Expire(kind);

        var since = Output.PendingSince;
        if (since != 0 && now - since >= _context.ToTicks(_context.Options.StalledWriteTimeout)) Abort(CloseReason.StalledReader);

        SweepStray();
    }

    /// <summary>
    /// The server drains. A connection that waits for a request is closed: at once, or, where newcomers are still answered and it has
    /// asked for nothing yet, after the time that a request may take which is on its way. A proxy that connects and is closed without an
    /// answer tells its client 502, after which an EventSource does not come back. For others the next reply is the last.
    /// </summary>
    internal void Drain()
    {
        if (_context.AnswersWhileDraining && !_hasAsked)
        {
            var end = _context.After(_context.Options.DrainRequestTimeout);
            _deadline.TryShorten(DeadlineKind.Request, end);
            _deadline.TryShorten(DeadlineKind.Handshake, end);
            return;
        }

        if (!_deadline.TryClaim(DeadlineKind.Request) && !_deadline.TryClaim(DeadlineKind.Handshake)) return;
        TryRecord(CloseReason.Draining);
        _receiver.Interrupt();
    }

    /// <summary>A whole request has arrived.</summary>
    internal void NoteRequest() => _hasAsked = true;

    /// <summary>A request may begin from here on.</summary>
    internal void ArmForRequest()
    {
        // Who is refused anyway has no more time than a head takes.
        var timeout = IsOverLimit ? _context.Options.HeaderTimeout : _context.Options.KeepAliveTimeout;
        _deadline.Arm(_context.After(timeout), DeadlineKind.Request);

        // The drain sets its flag and then claims these deadlines; whoever arms one later sees the flag.
        if (_context.IsDraining) Drain();
    }

    /// <summary>The first byte of what comes before requests, and all that follows up to its end.</summary>
    internal void ArmForHandshake(TimeSpan timeout)
    {
        _deadline.Arm(_context.After(timeout), DeadlineKind.Handshake);
        if (_context.IsDraining) Drain();
    }

    internal void ArmForHead() => _deadline.Arm(_context.After(_context.Options.HeaderTimeout), DeadlineKind.Head);

    internal void ArmForBody(TimeSpan bound) => _deadline.Arm(_context.After(bound), DeadlineKind.Body);

    /// <summary>Gives up a head that is not complete, as if its time were over.</summary>
    internal void ExpireHead()
    {
        if (_deadline.TryClaim(DeadlineKind.Head)) Expire(DeadlineKind.Head);
    }

    /// <summary>Cuts short the wait for a body's bytes, if there is one.</summary>
    internal void InterruptBody()
    {
        if (_deadline.TryClaim(DeadlineKind.Body)) _receiver.Interrupt();
    }

    internal void Disarm() => _deadline.Disarm();

    private void Expire(DeadlineKind kind)
    {
        switch (kind)
        {
            case DeadlineKind.Request:
                TryRecord(CloseReason.KeepAliveTimeout);
                break;
            case DeadlineKind.Handshake:
                TryRecord(CloseReason.HandshakeTimeout);
                break;
            case DeadlineKind.Head:
                TryRecord(CloseReason.HeaderTimeout);
                break;
            case DeadlineKind.Body:
                TryRecord(CloseReason.BodyTimeout);
                break;
            case DeadlineKind.Linger:
                StopLingering();
                return;
        }

        _receiver.Interrupt();
    }
}
