using System.Net;
using System.Net.Sockets;
using SseServer.Transport.Limits;

namespace SseServer.Transport;

/// <summary>Accepts connections on one address until it is stopped. Errors are graded by <see cref="AcceptErrorPolicy"/>.</summary>
internal sealed class AcceptLoop : IDisposable
{
    private readonly TransportContext _context;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private TimeSpan _pause;
    private bool _full;

    private AcceptLoop(TransportContext context, TcpListener listener, bool isTls)
    {
        IsTls = isTls;
        _context = context;
        _listener = listener;
        _stopping = _stop.Token;
        EndPoint = (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>Whether connections begin with a TLS handshake.</summary>
    public bool IsTls { get; }

    /// <summary>The address, with the port the system chose.</summary>
    public IPEndPoint EndPoint { get; }

    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public static AcceptLoop Listen(TransportContext context, IPEndPoint endpoint, bool isTls)
    {
        var listener = new TcpListener(endpoint);
        try
        {
            listener.Start(context.Options.ListenBacklog);
            return new AcceptLoop(context, listener, isTls);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public void Start()
    {
        if (IsTls) TransportLog.ListeningWithTls(_context.Logger, EndPoint);
        else TransportLog.Listening(_context.Logger, EndPoint);
        ThreadPool.UnsafeQueueUserWorkItem(static loop => _ = loop.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Stops accepting; once.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync(_stopping);
                Recover();
                Admit(socket);
            }
            catch (SocketException e) when (!_stopping.IsCancellationRequested)
            {
                if (!await OutliveAsync(e.SocketErrorCode)) return;
            }
            catch (Exception e) when (_stopping.IsCancellationRequested
                && e is SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private void Admit(Socket socket)
    {
        _context.Counters.CountAccepted();
        var standing = _context.Limits.Enter();
        var isFull = standing != ConnectionStanding.Served;
        if (isFull && !_full) TransportLog.ConnectionLimit(_context.Logger, _context.Limits.MaxConnections);
        _full = isFull;
        if (standing == ConnectionStanding.TurnedAway)
        {
            _context.Counters.CountClosed(CloseReason.ConnectionLimit);
            socket.Dispose();
            return;
        }

        try
        {
            Connection.Accept(_context, socket, IsTls, standing);
        }
        catch (SocketException e)
        {
            TransportLog.AcceptClientFault(_context.Logger, e.SocketErrorCode);
            _context.Counters.CountClosed(CloseReason.PeerReset);
            _context.Limits.Leave(standing);
            socket.Dispose();
        }
    }

    private async ValueTask<bool> OutliveAsync(SocketError error)
    {
        switch (AcceptErrorPolicy.Grade(error))
        {
            case AcceptErrorTier.ClientFault:
                TransportLog.AcceptClientFault(_context.Logger, error);
                return true;
            case AcceptErrorTier.Fatal:
                TransportLog.AcceptFailed(_context.Logger, EndPoint, error);
                return false;
            default:
                if (_pause == TimeSpan.Zero) TransportLog.AcceptPressure(_context.Logger, error);
                _pause = AcceptErrorPolicy.NextPause(_pause);
                return await PauseAsync();
        }
    }

    private async ValueTask<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(_pause, _context.Time, _stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Recover()
    {
        if (_pause == TimeSpan.Zero) return;
        _pause = TimeSpan.Zero;
        TransportLog.AcceptRecovered(_context.Logger);
    }
}
