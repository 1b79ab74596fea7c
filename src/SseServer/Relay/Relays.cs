using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SseServer.Hub;

namespace SseServer.Relay;

/// <summary>All relays of a server, each with a task of its own. Started once the hub is open, stopped before it drains.</summary>
internal sealed class Relays : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TopicRelay[] _relays;
    private readonly RelayMetrics _metrics;

    public Relays(IReadOnlyList<RelayOptions> options, EventHub hub, TimeProvider time, ILogger<Relays> logger)
    {
        _relays = [.. options.Select(one => new TopicRelay(one, hub, time, logger))];
        _metrics = new RelayMetrics([.. _relays.Select(relay => relay.Counters)]);
    }

    /// <summary>What they count.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>One waits for its next try, or for the hub to take events.</summary>
    internal bool IsPausing => _relays.Any(relay => relay.IsPausing);

    /// <summary>Completes when none of them goes on.</summary>
    internal Task Running { get; private set; } = Task.CompletedTask;

    public void Start() => Running = Task.WhenAll(_relays.Select(relay => Task.Run(() => relay.RunAsync(_stopping.Token))));

    /// <summary>Breaks their connections off. What was published has its position beside it, so there is nothing to save.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Running;
    }

    public void Dispose()
    {
        foreach (var relay in _relays) relay.Dispose();
        _metrics.Dispose();
        _stopping.Dispose();
    }
}
