using System.Net;
using System.Net.Sockets;
using SseServer.Transport.Limits;

namespace SseServer.Transport;

/// <summary>
/// Accepts connections on one address until it is stopped. Errors of accept are graded by <see cref="AcceptErrorPolicy"/>; any other
/// exception is a mistake of ours, which is logged and costs one connection. The loop ends only when it is stopped or says that it has
/// failed.
/// </summary>
internal sealed class AcceptLoop : IDisposable
{
    private readonly TransportContext _context;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly TaskCompletionSource<IOException> _failed;
    private readonly Func<CancellationToken, ValueTask<Socket>> _accept;
    private TimeSpan _pause;
    private bool _full;

    /// <param name="context">What all connections share.</param>
    /// <param name="listener">Listens already; the loop disposes of it.</param>
    /// <param name="isTls">Whether connections begin with a TLS handshake.</param>
    /// <param name="failed">Is told when the loop ends although nobody stopped it.</param>
    /// <param name="accept">Takes the next connection; the listener's own way unless a test gives another.</param>
    internal AcceptLoop(
        TransportContext context, TcpListener listener, bool isTls, TaskCompletionSource<IOException> failed,
        Func<CancellationToken, ValueTask<Socket>>? accept = null)
    {
        IsTls = isTls;
        _context = context;
        _listener = listener;
        _failed = failed;
        _accept = accept ?? listener.AcceptSocketAsync;
        _stopping = _stop.Token;
        EndPoint = (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>Whether connections begin with a TLS handshake.</summary>
    public bool IsTls { get; }

    /// <summary>The address, with the port the system chose.</summary>
    public IPEndPoint EndPoint { get; }

    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public static AcceptLoop Listen(TransportContext context, IPEndPoint endpoint, bool isTls, TaskCompletionSource<IOException> failed)
    {
        var listener = new TcpListener(endpoint);
        try
        {
            listener.Start(context.Options.ListenBacklog);
            return new AcceptLoop(context, listener, isTls, failed);
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
            Socket? socket = null;
            try
            {
                socket = await _accept(_stopping);
                Admit(socket);
                Recover();
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!await OutliveAsync(e, isOfAccept: socket is null)) return;
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
        catch (Exception e)
        {
            _context.Counters.CountClosed(e is SocketException ? CloseReason.PeerReset : CloseReason.TransportFault);
            _context.Limits.Leave(standing);
            socket.Dispose();
            if (e is not SocketException gone) throw;
            TransportLog.AcceptClientFault(_context.Logger, gone.SocketErrorCode);
        }
    }

    /// <summary>Whether the loop goes on after an exception, having waited where the next accept would throw the same again.</summary>
    private ValueTask<bool> OutliveAsync(Exception exception, bool isOfAccept)
    {
        switch (exception)
        {
            case SocketException { SocketErrorCode: var error }:
                switch (AcceptErrorPolicy.Grade(error))
                {
                    case AcceptErrorTier.ClientFault:
                        TransportLog.AcceptClientFault(_context.Logger, error);
                        return new(true);
                    case AcceptErrorTier.Fatal:
                        return new(Fail(exception));
                }

                if (_pause == TimeSpan.Zero) TransportLog.AcceptPressure(_context.Logger, error);
                break;
            case InvalidOperationException when isOfAccept: // The listener does not listen, or is disposed of.
                return new(Fail(exception));
            default:
                TransportLog.AcceptFault(_context.Logger, exception, EndPoint);
                break;
        }

        _pause = AcceptErrorPolicy.NextPause(_pause);
        return PauseAsync();
    }

    private bool Fail(Exception exception)
    {
        TransportLog.AcceptFailed(_context.Logger, exception, EndPoint);
        _failed.TrySetResult(new IOException($"The listener on {EndPoint} failed: {exception.Message}", exception));
        return false;
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
