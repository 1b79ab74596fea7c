using SseServer.Tests.Support;

namespace SseServer.Tests.Presence.Support;

/// <summary>Takes deliveries over sockets of its own and answers as a test says.</summary>
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

    /// <summary>What the receiver answers to its n-th delivery, from 0: a status and further fields, or nothing but a closed connection.</summary>
    public Func<int, string> Answer { get; set; } = _ => "204 No Content";

    /// <summary>What came, answered or not.</summary>
    public WebhookDelivery[] Deliveries
    {
        get
        {
            lock (_deliveries) return [.. _deliveries];
        }
    }

    /// <summary>Holds answers back until <see cref="Release"/>.</summary>
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
        if (Answer(number) is { Length: > 0 } answer) await exchange.SendAsync($"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
}
