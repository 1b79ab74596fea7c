using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Auth.Support;

/// <summary>Serves a JWK set, or any other response of a test, over a socket.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly TinyHttpServer _server;
    private volatile string _reply = "";
    private volatile TaskCompletionSource _gate = new();
    private int _requests;

    public KeyServer(string body = "{\"keys\":[]}")
    {
        _gate.SetResult();
        Body(body);
        _server = new(AnswerAsync);
    }

    public Uri Url => new($"http://{_server.Authority}/keys?apikey=not-for-the-log");

    /// <summary>The number of requests, answered or not.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public void Body(string body)
        => Reply($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n", body);

    public void Reply(string head, string body = "") => _reply = head + "Connection: close\r\n\r\n" + body;

    /// <summary>Delays responses until <see cref="Release"/>.</summary>
    public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _gate.TrySetResult();

    public Task HasRequestsAsync(int count) => Eventually.HoldsAsync(() => Requests >= count, $"{count} requests for keys");

    public async ValueTask DisposeAsync()
    {
        Release();
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(TinyHttpServer.Exchange exchange)
    {
        Interlocked.Increment(ref _requests);
        await _gate.Task;
        await exchange.SendAsync(_reply);
    }
}
