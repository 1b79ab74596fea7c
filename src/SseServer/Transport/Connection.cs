using System.Net;
using SseServer.Protocol.Http;
using SseServer.Protocol.Proxy;
using SseServer.Transport.Channels;
using SseServer.Transport.Limits;

namespace SseServer.Transport;

/// <summary>
/// One connection, from accept to close. A <see cref="ConnectionOpener"/> takes it to its first request; then it alternates between
/// requests and streams until it closes.
/// </summary>
/// <remarks>
/// <para>It is driven by callbacks instead of one asynchronous method, because there are up to hundreds of thousands of them and nearly all
/// wait. A connection that waits for a request or carries a stream holds no task and no buffer; whatever served its last request (reader,
/// head, body, the state of the methods) is garbage. An idle stream takes 2.6 KB in all, which the idle workload of bench/FanOut measures.
/// So every field counts.</para>
/// <para><see cref="ConnectionPhase"/> says who reads. It changes under one lock, which is never held while the application or a stream's
/// handler is called. The owner of the phase closes the channel, once; any thread may <see cref="Abort"/>, which only makes the owner
/// notice. The lock is the raw channel, since an object of its own would cost 24 bytes.</para>
/// </remarks>
internal sealed partial class Connection
{
    private readonly ConnectionContext _context;
    private readonly IRawChannel _raw;
    private IChannel _channel;
    private Deadline _deadline;
    private ConnectionPhase _phase;
    private bool _isWaiting;
    private bool _hasRequested;

    /// <param name="context">What all connections share.</param>
    /// <param name="raw">The accepted channel, which the connection disposes of.</param>
    /// <param name="id">Counts up from 1 in the order of arrival.</param>
    /// <param name="admission">Whether it is within the limit on connections.</param>
    public Connection(ConnectionContext context, IRawChannel raw, long id, Admission admission)
    {
        _context = context;
        _raw = raw;
        _channel = raw;
        Id = id;
        RemoteEndPoint = raw.Peer;
        Admission = admission;
    }

    /// <summary>Counts up from 1 in the order of arrival.</summary>
    public long Id { get; }

    /// <summary>The peer, or the client that a trusted proxy named in a PROXY header.</summary>
    public IPEndPoint RemoteEndPoint { get; private set; }

    /// <summary>The address of <see cref="RemoteEndPoint"/>; never an IPv4 address mapped to IPv6.</summary>
    public IPAddress RemoteAddress => AddressText.Normalize(RemoteEndPoint.Address);

    /// <summary>Whether it began with a PROXY header: a trusted proxy opened it, most likely for somebody else.</summary>
    public bool HasProxyHeader { get; private set; }

    /// <summary>Whether requests are refused because there are too many connections.</summary>
    public bool IsOverLimit => Admission.State != AdmissionState.Served;

    /// <summary>Whether that is because there are too many from its address.</summary>
    public bool IsOverAddressLimit => Admission.State == AdmissionState.OverAddress;

    /// <summary>The sending side. The request loop writes to it and, during a stream, only the stream's handler.</summary>
    public ConnectionOutput Output => _channel.Output;

    /// <summary>The first reason recorded for the end; <see cref="CloseReason.None"/> while there is none.</summary>
    public CloseReason CloseReason => _raw.CloseReason;

    /// <summary>The bytes of requests, decrypted if the connection uses TLS.</summary>
    internal IChannel Channel => _channel;

    /// <summary>The bytes on the wire.</summary>
    internal IRawChannel RawChannel => _raw;

    /// <summary>Its place in the <see cref="ConnectionTable"/>.</summary>
    internal int Slot { get; set; }

    /// <summary>What must be returned to the limits when it closes.</summary>
    internal Admission Admission { get; private set; }

    /// <summary>Why each of its requests is refused after it was read; None if they are served.</summary>
    internal RequestRejection Refusal { get; private set; }

    /// <summary>The wait that has a deadline at present.</summary>
    internal DeadlineKind Waiting => _deadline.Kind;

    internal ConnectionPhase Phase
    {
        get
        {
            lock (_raw) return _phase;
        }
    }

    /// <summary>
    /// Ends the connection at once, from any thread; unsent bytes are lost. Whoever owns the phase notices and closes the channel: a
    /// request loop at its next read or write, a stream through <see cref="IStreamHandler.OnPeerClosed"/>.
    /// </summary>
    public void Abort(CloseReason reason)
    {
        _raw.Abort(reason);
        lock (_raw)
        {
            if (_phase == ConnectionPhase.StreamStray) ResumeStreamUnderLock();
        }
    }

    /// <summary>Records why the connection ends; false if a reason was recorded before.</summary>
    internal bool TryRecord(CloseReason reason) => _raw.TryRecord(reason);

    /// <summary>The opener waits for bytes that come before requests.</summary>
    internal void BeginOpening(TimeSpan timeout)
    {
        lock (_raw) _phase = ConnectionPhase.Opening;
        ArmUnlessDraining(DeadlineKind.Handshake, timeout);
    }

    /// <summary>A trusted proxy has named the client.</summary>
    /// <param name="client">Null if the proxy speaks for itself.</param>
    internal void SetProxied(IPEndPoint? client)
    {
        HasProxyHeader = true;
        if (client is not null) RemoteEndPoint = client;
    }

    /// <summary>
    /// The limits have decided. The reason for the end is recorded at once if it is over a limit: its first reply is its last.
    /// </summary>
    internal void SetAdmission(Admission admission)
    {
        Admission = admission;
        if (admission.CloseReason != CloseReason.None) TryRecord(admission.CloseReason);
    }

    /// <summary>The opening is over: requests follow.</summary>
    /// <param name="channel">Where they come from: the raw channel, or TLS over it.</param>
    /// <param name="refusal">Why each of them is refused; None if they are served.</param>
    internal void EndOpening(IChannel channel, RequestRejection refusal = RequestRejection.None)
    {
        _channel = channel;
        Refusal = refusal;
        Disarm();
        lock (_raw) ParkUnderLock();
    }

    /// <summary>A whole request has arrived.</summary>
    internal void NoteRequest() => _hasRequested = true;

    /// <summary>A request may begin now.</summary>
    internal void ArmForRequest()
    {
        // A connection that is refused anyway has no more time than a head may take.
        ArmUnlessDraining(DeadlineKind.Request, IsOverLimit ? _context.Options.HeaderTimeout : _context.Options.KeepAliveTimeout);
    }

    internal void ArmForHead() => Arm(DeadlineKind.Head, _context.Options.HeaderTimeout);

    internal void ArmForBody(TimeSpan timeout) => Arm(DeadlineKind.Body, timeout);

    internal void Disarm() => _deadline.Disarm();

    /// <summary>Gives up a head that is not complete, as if its time were over.</summary>
    internal void ExpireHead()
    {
        if (_deadline.TryClaim(DeadlineKind.Head)) Expire(DeadlineKind.Head);
    }

    /// <summary>Ends the wait for a body's bytes, if there is one.</summary>
    internal void InterruptBody()
    {
        if (_deadline.TryClaim(DeadlineKind.Body)) _raw.Interrupt();
    }

    /// <summary>Called about once a second by the server's sweep.</summary>
    internal void Sweep(long now)
    {
        if (_deadline.TryClaimPassed(now, out var kind)) Expire(kind);

        var since = Output.PendingSince;
        if (since != 0 && now - since >= _context.Time.ToTicks(_context.Options.StalledWriteTimeout)) Abort(CloseReason.StalledReader);

        SweepStray();
    }

    /// <summary>
    /// The server drains. A connection that waits for a request is closed. That happens at once unless newcomers are still answered and it
    /// has sent no request yet; then it has as long as a request may take that is already on its way. (A proxy that connects and is closed
    /// without a reply reports 502 to its client, after which an EventSource does not reconnect.) For others the next reply is the last.
    /// </summary>
    internal void Drain()
    {
        if (_context.Drain.AnswersNewcomers && !_hasRequested)
        {
            var end = _context.Time.GetTimestampAfter(_context.Options.DrainRequestTimeout);
            _deadline.TryShorten(DeadlineKind.Request, end);
            _deadline.TryShorten(DeadlineKind.Handshake, end);
            return;
        }

        if (!_deadline.TryClaim(DeadlineKind.Request) && !_deadline.TryClaim(DeadlineKind.Handshake)) return;
        TryRecord(CloseReason.Draining);
        _raw.Interrupt();
    }

    private void Arm(DeadlineKind kind, TimeSpan timeout) => _deadline.Arm(_context.Time.GetTimestampAfter(timeout), kind);

    private void ArmUnlessDraining(DeadlineKind kind, TimeSpan timeout)
    {
        Arm(kind, timeout);
        if (_context.Drain.IsDraining) Drain();
    }

    private void Expire(DeadlineKind kind)
    {
        if (kind == DeadlineKind.Linger)
        {
            StopLingering();
            return;
        }

        TryRecord(kind switch
        {
            DeadlineKind.Handshake => CloseReason.HandshakeTimeout,
            DeadlineKind.Head => CloseReason.HeaderTimeout,
            DeadlineKind.Body => CloseReason.BodyTimeout,
            _ => CloseReason.KeepAliveTimeout,
        });
        _raw.Interrupt();
    }

    private void ParkUnderLock()
    {
        _phase = ConnectionPhase.Parked;
        ArmForRequest();
        if (!_isWaiting) WaitUnderLock();
    }

    private void WaitUnderLock()
    {
        _isWaiting = true;
        _raw.WhenReadable(static state => ((Connection)state!).OnReadable(), this);
    }

    /// <summary>The pending wait has ended. Runs on a pool thread.</summary>
    private void OnReadable()
    {
        var serve = false;
        IStreamHandler? deserted = null;
        lock (_raw)
        {
            _isWaiting = false;
            switch (_phase)
            {
                case ConnectionPhase.Parked when _raw.IsInterrupted:
                    EndUnderLock();
                    break;
                case ConnectionPhase.Parked:
                    _phase = ConnectionPhase.Requests;
                    serve = true;
                    break;
                case ConnectionPhase.Stream:
                    deserted = CheckInputUnderLock();
                    break;
                case ConnectionPhase.Lingering:
                    DiscardUnderLock();
                    break;
            }
        }

        if (serve) _context.Serve(this);
        if (deserted is not null) NotifyPeerClosed(deserted);
    }
}
