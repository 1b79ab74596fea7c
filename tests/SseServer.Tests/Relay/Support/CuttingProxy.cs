using System.Net;
using System.Net.Sockets;

namespace SseServer.Tests.Relay.Support;

/// <summary>
/// Forwards connections to a server and cuts each after a number of response bytes, alternately by FIN and RST.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<long> _nextCut;
    private readonly Task _serving;
    private readonly List<Task> _connections = [];
    private int _cuts;

    /// <param name="target">The port of the server.</param>
    /// <param name="nextCut">The bytes after which the next connection is cut.</param>
    public CuttingProxy(IPEndPoint target, Func<long> nextCut)
    {
        (Target, _nextCut) = (target, nextCut);
        _listener.Start();
        _serving = ServeAsync();
    }

    public IPEndPoint Target { get; set; }

    public int Cuts => Volatile.Read(ref _cuts);

    public Uri Url(string path) => new($"http://{_listener.LocalEndpoint}{path}");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _serving;
        await Task.WhenAll(_connections);
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _connections.Add(PassAsync(await _listener.AcceptSocketAsync(_stopping.Token), _nextCut()));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(Socket client, long cut)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                await server.ConnectAsync(Target, _stopping.Token);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                var there = CopyAsync(client, server, long.MaxValue, either);
                var back = CopyAsync(server, client, cut, either);
                var wasCut = await back;
                await there;
                if (wasCut && Interlocked.Increment(ref _cuts) % 2 == 0) client.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The server is gone, or the test is over.
            }
        }
    }

    /// <summary>Copies until the cut; true if it was reached.</summary>
    private static async Task<bool> CopyAsync(Socket from, Socket to, long cut, CancellationTokenSource either)
    {
        try
        {
            var buffer = new byte[4096];
            while (cut > 0)
            {
                var length = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, cut)), either.Token);
                if (length == 0) return false;
                await to.SendAsync(buffer.AsMemory(0, length), either.Token);
                cut -= length;
            }

            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return false;
        }
        finally
        {
            await either.CancelAsync();
        }
    }
}
