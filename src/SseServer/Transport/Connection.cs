using System.Net;
using System.Net.Sockets;
using SseServer.Protocol.Http;
using SseServer.Protocol.Proxy;
using SseServer.Transport.Limits;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>
/// One accepted socket, from accept to close. It alternates between reading requests (a <see cref="RequestLoop"/>, which is garbage
/// afterwards) and carrying a stream, in which it holds no buffer and no task.
/// </summary>
/// <remarks>
/// <para>The phase changes under one lock, the receiver's; the lock is never held while the application or a stream's owner is
/// called. The socket is disposed once, by whoever owns the phase; any thread may <see cref="Abort"/>, which only makes the owner
/// notice.</para>
/// <para>It is one of up to hundreds of thousands: every field counts.</para>
/// </remarks>
internal sealed partial class Connection
{
    private readonly TransportContext _context;
    private readonly Socket _socket;
    private readonly SocketReceiver _receiver;
    private readonly int _slot;
    private Deadline _deadline;
    private long _lingerEnd;
    private TlsSession? _tls;
    private IStreamPeer? _peer;
    private int _closeReason;
    private int _aborted;
    private int _discarded;
    private ConnectionPhase _phase;
    private bool _waiting;
    private bool _keepable;
    private bool _isTls;
    private bool _expectsProxyHeader;
    private bool _isCountedForAddress;
    private bool _hasAsked;
    private ConnectionStanding _standing;

    private Connection(TransportContext context, Socket socket, SocketReceiver receiver)
    {
        _context = context;
        _socket = socket;
        _receiver = receiver;
        Id = context.NextConnectionId();
        RemoteEndPoint = (IPEndPoint)socket.RemoteEndPoint!;
        Output = new SocketPipeWriter(this, socket, context.Buffers, context.Time);
        _slot = context.Connections.Add(this);
    }

    /// <summary>Counts up from 1 in the order of arrival.</summary>
    public long Id { get; }

    /// <summary>The other side, or whom a trusted proxy named in a PROXY header.</summary>
    public IPEndPoint RemoteEndPoint { get; private set; }

    /// <summary>The address of <see cref="RemoteEndPoint"/>; an IPv4 one also where it came within IPv6.</summary>
    public IPAddress RemoteAddress => AddressText.Normalize(RemoteEndPoint.Address);

    /// <summary>Whether it began with a PROXY header: a trusted proxy made it, most likely for somebody else.</summary>
    public bool HasProxyHeader => _expectsProxyHeader;

    /// <summary>Whether requests are refused because there are too many connections.</summary>
    public bool IsOverLimit => _standing != ConnectionStanding.Served;

    /// <summary>Whether that is because there are too many from its address.</summary>
    public bool IsOverAddressLimit => _standing == ConnectionStanding.OverAddress;

    /// <summary>The way out. The request loop writes to it, and during a stream only the stream's owner.</summary>
    public ConnectionOutput Output { get; private set; }

    /// <summary>The first reason given for the end; <see cref="CloseReason.None"/> while there is none.</summary>
    public CloseReason CloseReason => (CloseReason)Volatile.Read(ref _closeReason);

    /// <summary>What every request of this connection is refused for, after it was read; None where they are served.</summary>
    internal RequestRejection Refusal { get; private set; }

    /// <summary>The wait that has a bound in time at present.</summary>
    internal DeadlineKind Waiting => _deadline.Kind;

    internal int StrayBytesLimit => _context.Options.StrayBytesLimit;

    internal ConnectionPhase Phase
    {
        get
        {
            lock (_receiver) return _phase;
        }
    }

    /// <summary>Takes over an accepted socket and waits for its first request, or for the first byte of what comes before requests.</summary>
    /// <exception cref="SocketException">The peer is gone already; the caller disposes of the socket.</exception>
    public static void Accept(TransportContext context, Socket socket, bool isTls, ConnectionStanding standing)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        LinuxSocketOptions.SetNotSentLowWater(socket, context.Options.NotSentLowWater);
        LinuxSocketOptions.SetUserTimeout(socket, context.Options.StalledWriteTimeout);
        var connection = new Connection(context, socket, new SocketReceiver(socket)) { _isTls = isTls, _standing = standing };
        TransportLog.Accepted(context.Logger, connection.Id, connection.RemoteEndPoint);
        try
        {
            connection.Begin();
        }
        catch (Exception e)
        {
            // It stands in the table and in the counts already, and takes itself out of them.
            TransportLog.TransportFault(context.Logger, e, connection.Id);
            connection.TryRecord(CloseReason.TransportFault);
            connection.Close();
        }
    }

    /// <summary>
    /// Ends the connection at once, from any thread; what is not delivered is lost. The connection's own path notices and closes
    /// the socket: a request loop at its next read or write, a stream through <see cref="IStreamPeer.OnPeerClosed"/>.
    /// </summary>
    public void Abort(CloseReason reason)
    {
        TryRecord(reason);
        if (Interlocked.Exchange(ref _aborted, 1) != 0) return;
        try
        {
            // RST instead of FIN, so that the kernel drops what a stalled reader never took.
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It closed by itself in the meantime, and what follows finds nothing to do.
        }

        _receiver.Interrupt();
        lock (_receiver)
        {
            if (_phase == ConnectionPhase.StreamStray) ResumeStreamUnderLock();
        }
    }

    /// <summary>Records why the connection ends; false if a reason stands already.</summary>
    internal bool TryRecord(CloseReason reason) =>
        Interlocked.CompareExchange(ref _closeReason, (int)reason, (int)CloseReason.None) == (int)CloseReason.None;

    private bool IsAborted => Volatile.Read(ref _aborted) != 0;

    private void WaitUnderLock()
    {
        _waiting = true;
        _receiver.WhenReadable(static state => ((Connection)state!).OnReadable(), this);
    }

    private void ParkUnderLock()
    {
        _phase = ConnectionPhase.Parked;
        ArmForRequest();
        if (!_waiting) WaitUnderLock();
    }

    /// <summary>The pending wait has ended; a thread of the pool.</summary>
    private void OnReadable()
    {
        var serve = false;
        var open = false;
        IStreamPeer? left = null;
        lock (_receiver)
        {
            _waiting = false;
            switch (_phase)
            {
                case ConnectionPhase.Opening or ConnectionPhase.Parked when _receiver.IsInterrupted:
                    EndUnderLock();
                    break;
                case ConnectionPhase.Opening:
                    open = true;
                    break;
                case ConnectionPhase.Parked:
                    _phase = ConnectionPhase.Requests;
                    serve = true;
                    break;
                case ConnectionPhase.Stream:
                    left = LookUnderLock();
                    break;
                case ConnectionPhase.Lingering:
                    DiscardUnderLock();
                    break;
            }
        }

        if (open) StartOpening();
        if (serve) RequestLoop.Start(this, _context);
        if (left is not null) Tell(left);
    }
}
