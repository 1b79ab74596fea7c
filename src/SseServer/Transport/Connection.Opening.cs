using System.Net;
using SseServer.Protocol.Http;
using SseServer.Protocol.Proxy;
using SseServer.Transport.Limits;
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

    /// <summary>Counts the connection for its address, once that is known; false where it is turned away.</summary>
    private bool TryEnterAddress()
    {
        if (_standing == ConnectionStanding.Served && !_context.Proxies.Contains(RemoteAddress))
        {
            _standing = _context.Limits.EnterAddress(new ClientNetwork(RemoteAddress));
            _isCountedForAddress = _standing == ConnectionStanding.Served;
            if (!_isCountedForAddress) TransportLog.AddressLimit(_context.Logger, Id, RemoteEndPoint);
        }

        // The reason for the end stands from the beginning, so that the first reply is the last.
        if (_standing != ConnectionStanding.Served)
            TryRecord(_standing == ConnectionStanding.OverTotal ? CloseReason.ConnectionLimit : CloseReason.AddressLimit);
        if (_standing == ConnectionStanding.TurnedAway) Abort(CloseReason.AddressLimit);
        return _standing != ConnectionStanding.TurnedAway;
    }

    /// <summary>
    /// Reads the PROXY header of a trusted proxy, and not one byte beyond it; false where the connection ends here. Others are not asked for one, and
    /// theirs would be a malformed request.
    /// </summary>
    internal async Task<bool> ReadProxyHeaderAsync()
    {
        if (!_expectsProxyHeader) return true;
        var buffer = _context.Buffers.RentArray(ProxyHeader.MaxBytes);
        try
        {
            var filled = 0;
            while (true)
            {
                switch (PeekSocket(buffer.AsSpan(filled, ProxyHeader.MaxBytes - filled), out var peeked))
                {
                    case InputState.End:
                        return false;
                    case InputState.Nothing:
                        if (_receiver.IsInterrupted) return false;
                        await _receiver.WhenReadableAsync();
                        continue;
                }

                var status = ProxyHeader.Parse(buffer.AsSpan(0, filled + peeked), out var length, out var source);
                if (status == ParseStatus.Rejected)
                {
                    TryRecord(CloseReason.ProxyHeaderRefused);
                    return false;
                }

                // All of an incomplete header's bytes are the header's.
                var own = status == ParseStatus.Complete ? length - filled : peeked;
                ReceiveSocket(buffer.AsSpan(filled, own), out _);
                filled += own;
                if (status == ParseStatus.Incomplete) continue;
                if (source is not null) TakeClient(source);
                return TryEnterAddress();
            }
        }
        finally
        {
            _context.Buffers.Return(buffer);
        }
    }

    /// <summary>Shakes hands; false where that came to nothing.</summary>
    internal async Task<bool> NegotiateAsync()
    {
        if (!_isTls) return true;
        // Otherwise the time runs from accept.
        if (_expectsProxyHeader) ArmForHandshake(_context.Options.Tls!.HandshakeTimeout);
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

    private void Begin()
    {
        _expectsProxyHeader = _context.Proxies.ExpectsHeaderFrom(RemoteAddress);
        if (!_expectsProxyHeader && !TryEnterAddress())
        {
            BeginLinger();
            return;
        }

        lock (_receiver)
        {
            if (_expectsProxyHeader || _isTls) AwaitOpeningUnderLock();
            else ParkUnderLock();
        }
    }

    private void AwaitOpeningUnderLock()
    {
        _phase = ConnectionPhase.Opening;
        ArmForHandshake(_expectsProxyHeader ? _context.Options.HeaderTimeout : _context.Options.Tls!.HandshakeTimeout);
        WaitUnderLock();
    }

    private void TakeClient(IPEndPoint client)
    {
        TransportLog.ProxyHeaderRead(_context.Logger, Id, client);
        RemoteEndPoint = client;
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
