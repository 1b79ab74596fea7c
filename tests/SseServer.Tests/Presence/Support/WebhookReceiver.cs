using System.Net;
using System.Net.Sockets;
using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Presence.Support;

/// <summary>Takes deliveries over sockets of its own and answers as a test says. One connection, one request, one answer.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<WebhookDelivery> _deliveries = [];
    private readonly Task _serving;
    private volatile TaskCompletionSource _gate = new();

    public WebhookReceiver()
    {
        _gate.SetResult();
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}/hook?token=not-for-the-log");

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
        await _stopping.CancelAsync();
        Release();
        _listener.Dispose();
        await _serving.Soon();
        _stopping.Dispose();
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
                if (await ReadAsync(stream) is not { } delivery) return;
                int number;
                lock (_deliveries)
                {
                    number = _deliveries.Count;
                    _deliveries.Add(delivery);
                }

                await _gate.Task;
                var answer = Answer(number);
                if (answer.Length > 0) await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), _stopping.Token);
            }
            catch (Exception exception) when (exception is IOException or SocketException or InvalidOperationException or OperationCanceledException)
            {
                // The sender gave up, or the test is over.
            }
        }
    }

    private async Task<WebhookDelivery?> ReadAsync(NetworkStream stream)
    {
        var bytes = new byte[8192];
        for (var read = 0; ;)
        {
            var some = await stream.ReadAsync(bytes.AsMemory(read), _stopping.Token);
            if (some == 0) return null;
            read += some;
            var text = Encoding.UTF8.GetString(bytes, 0, read);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) continue;
            var delivery = new WebhookDelivery(text[..end], text[(end + 4)..]);
            if (Encoding.UTF8.GetByteCount(delivery.Body) == int.Parse(delivery.Field("Content-Length"), System.Globalization.CultureInfo.InvariantCulture)) return delivery;
        }
    }
}
