using System.Net;
using System.Net.Sockets;
using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Auth.Support;

/// <summary>Serves a JWK set over a socket, or whatever else a test has it say. One connection, one request, one reply.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;
    private volatile string _reply = "";
    private volatile TaskCompletionSource _gate = Opened();
    private int _requests;

    public KeyServer(string body = "{\"keys\":[]}")
    {
        Body(body);
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}/keys?apikey=not-for-the-log");

    /// <summary>Requests that came, answered or not.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public void Body(string body) => Reply($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n", body);

    public void Reply(string head, string body = "") => _reply = head + "Connection: close\r\n\r\n" + body;

    /// <summary>Holds replies back until <see cref="Release"/>.</summary>
    public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _gate.TrySetResult();

    public Task HasRequestsAsync(int count) => Eventually.HoldsAsync(() => Requests >= count, $"{count} requests for keys");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Release();
        _listener.Dispose();
        await _serving.Soon();
        _stopping.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var request = new byte[4096];
                var read = 0;
                while (!Encoding.ASCII.GetString(request, 0, read).EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    var some = await stream.ReadAsync(request.AsMemory(read), _stopping.Token);
                    if (some == 0) return;
                    read += some;
                }

                Interlocked.Increment(ref _requests);
                await _gate.Task;
                await stream.WriteAsync(Encoding.UTF8.GetBytes(_reply), _stopping.Token);
            }
            catch (Exception exception) when (exception is IOException or SocketException or InvalidOperationException or OperationCanceledException)
            {
                // The client gave up, or the test is over.
            }
        }
    }
}
