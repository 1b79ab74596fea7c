using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace SseServer.Transport;

/// <summary>
/// Accepts connections on one address until it is stopped. Errors of accept are graded by <see cref="AcceptErrorPolicy"/>. Any other
/// exception is our mistake, which is logged and costs one connection. The loop ends only when it is stopped or reports that it has failed.
/// </summary>
internal sealed class AcceptLoop : IDisposable
{
    private readonly TcpListener _listener;
    private readonly Action<Socket> _open;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Func<CancellationToken, ValueTask<Socket>> _accept;
    private readonly TaskCompletionSource<IOException> _failed;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private TimeSpan _pause;

    /// <param name="listener">Listens already; the loop disposes of it.</param>
    /// <param name="open">Takes over an accepted socket.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="logger">Where the loop logs.</param>
    /// <param name="failed">Completed when the loop ends although it was not stopped.</param>
    /// <param name="accept">Accepts the next connection; defaults to the listener.</param>
    internal AcceptLoop(
        TcpListener listener, Action<Socket> open, TimeProvider time, ILogger logger, TaskCompletionSource<IOException> failed,
        Func<CancellationToken, ValueTask<Socket>>? accept = null)
    {
        _listener = listener;
        _open = open;
        _time = time;
        _logger = logger;
        _failed = failed;
        _accept = accept ?? listener.AcceptSocketAsync;
        _stopping = _stop.Token;
        EndPoint = (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>The address, with the port that the system chose.</summary>
    public IPEndPoint EndPoint { get; }

    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static loop => _ = loop.RunAsync(), this, preferLocal: false);

    /// <summary>Stops accepting. To be called once.</summary>
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
                _open(socket);
                Recover();
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!await HandleAcceptErrorAsync(e, isOfAccept: socket is null)) return;
            }
        }
    }

    /// <summary>Returns whether the loop continues, after a pause if the next accept would throw the same exception again.</summary>
    private ValueTask<bool> HandleAcceptErrorAsync(Exception exception, bool isOfAccept)
    {
        switch (exception)
        {
            case SocketException { SocketErrorCode: var error }:
                switch (AcceptErrorPolicy.Grade(error))
                {
                    case AcceptErrorTier.ClientFault:
                        TransportLog.AcceptClientFault(_logger, error);
                        return new(true);
                    case AcceptErrorTier.Fatal:
                        return new(Fail(exception));
                }

                if (_pause == TimeSpan.Zero) TransportLog.AcceptPressure(_logger, error);
                break;
            case InvalidOperationException when isOfAccept: // The listener does not listen, or is disposed of.
                return new(Fail(exception));
            default:
                TransportLog.AcceptFault(_logger, exception, EndPoint);
                break;
        }

        _pause = AcceptErrorPolicy.NextPause(_pause);
        return PauseAsync();
    }

    private bool Fail(Exception exception)
    {
        TransportLog.AcceptFailed(_logger, exception, EndPoint);
        _failed.TrySetResult(new IOException($"The listener on {EndPoint} failed: {exception.Message}", exception));
        return false;
    }

    private async ValueTask<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(_pause, _time, _stopping);
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
        TransportLog.AcceptRecovered(_logger);
    }
}
