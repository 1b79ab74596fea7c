using SseServer.Tests.Support;

namespace SseServer.Tests.Presence.Support;

/// <summary>Receives deliveries over its own sockets and responds as a test specifies.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly TinyHttpServer _server;
    private readonly List<WebhookDelivery> _deliveries = [];
    private volatile TaskCompletionSource _gate = new();

    public WebhookReceiver()
    {
        _gate.SetResult();
        _server = new(AnswerAsync);
    }

    public Uri Url => new($"http://{_server.Authority}/hook?token=not-for-the-log");

    /// <summary>
    /// The response to the n-th delivery, from 0: a status and further fields, or an empty text to close the connection.
    /// </summary>
    public Func<int, string> Answer { get; set; } = _ => "204 No Content";

    /// <summary>The deliveries, answered or not.</summary>
    public WebhookDelivery[] Deliveries
    {
        get
        {
            lock (_deliveries) return [.. _deliveries];
        }
    }

    /// <summary>Delays responses until <see cref="Release"/>.</summary>
    public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _gate.TrySetResult();

    public Task HasAsync(int deliveries) => Eventually.HoldsAsync(() => Deliveries.Length >= deliveries, $"{deliveries} deliveries");

    public async ValueTask DisposeAsync()
    {
        Release();
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(TinyHttpServer.Exchange exchange)
    {
        int number;
        lock (_deliveries)
        {
            number = _deliveries.Count;
            _deliveries.Add(new(exchange.Head, exchange.Body));
        }

        await _gate.Task;
        if (Answer(number) is { Length: > 0 } answer)
            await exchange.SendAsync($"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
}
