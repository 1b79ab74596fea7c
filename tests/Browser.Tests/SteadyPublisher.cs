using System.Net;

namespace SseServer.Browser.Tests;

/// <summary>
/// Publishes 1, 2, 3 .. until it is told to stop, over HTTP as a back end does: each number has an id of its own and is sent
/// again until the server takes it, so none is lost or doubled, also while the server restarts.
/// </summary>
internal sealed class SteadyPublisher : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _life = new();
    private readonly Uri _topic;
    private readonly Task _work;
    private int _published;

    public SteadyPublisher(Uri topic)
    {
        _topic = topic;
        _work = PublishAsync();
    }

    /// <summary>The last number that the server has taken.</summary>
    public int Published => Volatile.Read(ref _published);

    /// <summary>Numbers that had to be sent more than once.</summary>
    public int Refusals { get; private set; }

    /// <summary>Stops, and returns how many were published.</summary>
    public async Task<int> StopAsync()
    {
        await _life.CancelAsync();
        await _work;
        return Published;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _life.Dispose();
    }

    private async Task PublishAsync()
    {
        using var timer = new PeriodicTimer(Pace);
        var next = 1;
        while (!_life.IsCancellationRequested)
        {
            if (await TryPublishAsync(next)) Volatile.Write(ref _published, next++);
            else Refusals++;
            await timer.WaitForNextTickAsync();
        }
    }

    private async Task<bool> TryPublishAsync(int number)
    {
        using var body = new StringContent($"{number}");
        using var reply = await _http.PostAsync(new Uri($"{_topic}?id=number-{number}"), body);
        return reply.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created;
    }
}
