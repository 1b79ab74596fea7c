using System.Net;
using System.Net.Sockets;

namespace SseServer.Tests.Cluster;

/// <summary>
/// A network path to a port: forwards connections until it is cut. Then it forwards nothing, also on connections that are open, and does
/// not close them, as a broken cable does; a new connection is accepted and gets no answer.
/// </summary>
internal sealed class TcpLink : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<int> _port;
    private TaskCompletionSource _isWhole = new();

    /// <param name="port">The port of 127.0.0.1 that it leads to, asked for each connection.</param>
    public TcpLink(Func<int> port)
    {
        _port = port;
        _isWhole.SetResult();
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut() => _isWhole = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Mend() => _isWhole.TrySetResult();

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        Mend();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ForwardAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await _isWhole.Task;
                await server.ConnectAsync(IPAddress.Loopback, _port());
                await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
            {
                // Either end is gone.
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _end.Token) is var read and > 0)
            {
                await _isWhole.Task;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Either end is gone.
        }
    }
}
