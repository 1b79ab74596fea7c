using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseServer.Browser.Tests;

/// <summary>What a <see cref="FaultyProxy"/> does with responses.</summary>
internal enum ProxyFault
{
    None,

    /// <summary>Keeps a response until it is complete, as proxies that buffer do. A stream never is.</summary>
    Buffers,

    /// <summary>Passes on nothing more, and leaves connections open.</summary>
    Mutes,
}

/// <summary>A TCP proxy on a loopback port, with a fault that a test turns on and off. It applies to open connections too.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private static readonly byte[] LastChunk = "0\r\n\r\n"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _life = new();
    private readonly IPEndPoint _server;
    private readonly Task _accepts;
    private int _connections;

    public FaultyProxy(IPEndPoint server)
    {
        _server = server;
        _listener.Start();
        _accepts = AcceptAsync();
    }

    public ProxyFault Fault { get; set; }

    /// <summary>Connections so far.</summary>
    public int Connections => _connections;

    public Uri UrlOf(string target) => new($"http://{_listener.LocalEndpoint}{target}");

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        _listener.Stop();
        await _accepts;
        _life.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_life.Token);
                Interlocked.Increment(ref _connections);
                relays.Add(RelayAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(relays);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            await server.ConnectAsync(_server);
            var requests = PassOnAsync(client.GetStream(), server.GetStream(), isResponse: false);
            var responses = PassOnAsync(server.GetStream(), client.GetStream(), isResponse: true);
            await Task.WhenAny(requests, responses);
            client.Close();
            server.Close();
            await Task.WhenAll(requests, responses);
        }
    }

    private async Task PassOnAsync(NetworkStream from, NetworkStream to, bool isResponse)
    {
        var buffer = new byte[64 * 1024];
        var held = new List<byte>();
        try
        {
            for (int read; (read = await from.ReadAsync(buffer, _life.Token)) > 0;)
            {
                if (isResponse && Fault == ProxyFault.Mutes) continue;
                held.AddRange(buffer[..read]);
                if (isResponse && Fault == ProxyFault.Buffers && IsIncomplete(held)) continue;
                await to.WriteAsync(held.ToArray(), _life.Token);
                held.Clear();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // An end is passed on by closing both.
        }
    }

    private static bool IsIncomplete(List<byte> response)
        => Encoding.Latin1.GetString([.. response]).Contains("Transfer-Encoding: chunked", StringComparison.Ordinal)
            && !response.TakeLast(LastChunk.Length).SequenceEqual(LastChunk);
}
