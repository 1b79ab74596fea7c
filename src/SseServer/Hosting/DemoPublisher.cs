using System.Globalization;
using System.Text;
using Microsoft.Extensions.Hosting;
using SseServer.Hosting.Settings;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Hosting;

/// <summary>
/// Publishes sample events to the default topic: the time every two seconds as <c>message</c>, and with every third of them a
/// <c>statusUpdate</c> with an id of its own and the progress of a task as JSON.
/// </summary>
internal sealed class DemoPublisher(ServerSettings settings, EventHub hub) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly PublishBatch _batch = new();
    private int _ticks;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!settings.Demo) return;
        using var timer = new PeriodicTimer(Interval, hub.Time);
        var run = hub.Time.GetUtcNow().ToUnixTimeSeconds();
        try
        {
            do await PublishTickAsync(run);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task PublishTickAsync(long run)
    {
        _batch.Clear();
        var now = hub.Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        Add("message"u8, [], now);
        if (++_ticks % 3 == 0)
        {
            // 10, 20 ... 100, then the next task.
            var value = (_ticks / 3 - 1) % 10 * 10 + 10;
            var id = string.Create(CultureInfo.InvariantCulture, $"demo-{run}-status-{_ticks / 3}");
            Add("statusUpdate"u8, Encoding.ASCII.GetBytes(id),
                string.Create(CultureInfo.InvariantCulture, $$"""{"message": "Task completed {{value}}%", "value": {{value}}}"""));
        }

        await hub.PublishAsync(_batch);
    }

    private void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> id, string data)
    {
        EventName.TryCreate(name, out var eventName);
        PublisherEventId.TryCreate(id, out var eventId);
        var sample = new ServerSentEvent { Name = eventName, Id = eventId, Data = Encoding.UTF8.GetBytes(data), RetryMilliseconds = -1 };
        _batch.Add(TopicName.Default, sample);
    }
}
