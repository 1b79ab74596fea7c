using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using SseServer.Relay;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Relay.Support;

/// <summary>
/// A server whose topic <c>t</c> is fed by a relay. The relay has its own clock, which moves only while it waits or when a test moves it,
/// so that the server's deadlines do not pass.
/// </summary>
internal sealed class RelayUnderTest : IAsyncDisposable
{
    public RelayUnderTest(Uri url, IEventStore? store = null, HubOptions? hub = null, Func<RelayOptions, RelayOptions>? with = null)
    {
        Server = new ServerUnderTest(hub: hub, store: store);
        var options = new RelayOptions { Url = url, Topic = "t"u8.ToArray() };
        Relays = new Relays([with?.Invoke(options) ?? options], Server.Hub, Time, Logs.CreateLogger<Relays>());
        Server.Application.Expose(Relays.Meter);
        Relays.Start();
    }

    public ServerUnderTest Server { get; }

    public Relays Relays { get; }

    public FakeTimeProvider Time { get; } = new();

    /// <summary>The log messages of the relay.</summary>
    public RecordingLoggers Logs { get; } = new();

    /// <summary>Subscribes to all events of the topic.</summary>
    public Task<WireClient> ReadAsync(string topic = "t") => Server.SubscribeAsync($"/events/{topic}?since=all");

    /// <summary>Waits while the relay's pauses pass.</summary>
    public Task HoldsAsync(Func<bool> condition, string what) => Eventually.HoldsAsync(() => LetPausesPass() || condition(), what);

    /// <inheritdoc cref="HoldsAsync"/>
    public async Task<T> SoonAsync<T>(Task<T> task)
    {
        await HoldsAsync(() => task.IsCompleted, "the end of a task");
        return await task;
    }

    /// <summary>The data of the next events, each with its type if it has one.</summary>
    public async Task<string[]> NextAsync(WireClient reader, int count)
    {
        var all = new List<string>();
        while (all.Count < count)
        {
            if (await SoonAsync(reader.ReadBlockAsync()) is not { Data: { } data } block) continue;
            all.Add(block.Name == "message" ? data : $"{block.Name}={data}");
        }

        return [.. all];
    }

    /// <summary>Waits until the relay has counted this many published events.</summary>
    public async Task HasEventsAsync(int count)
    {
        var metric = Server.MetricAsync("sse_relay_events_total{topic=\"t\"}");
        await HoldsAsync(
            () =>
            {
                if (!metric.IsCompleted) return false;
                if (metric.GetAwaiter().GetResult() == count) return true;
                metric = Server.MetricAsync("sse_relay_events_total{topic=\"t\"}");
                return false;
            },
            $"{count} events published");
    }

    public async ValueTask DisposeAsync()
    {
        await Relays.StopAsync().Soon();
        Relays.Dispose();
        await Server.DisposeAsync();
    }

    private bool LetPausesPass()
    {
        if (Relays.IsPausing) Time.Advance(TimeSpan.FromSeconds(1));
        return false;
    }

    public static Uri Url(ServerUnderTest source, string topic) => new($"http://{source.EndPoint}/events/{topic}");

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
