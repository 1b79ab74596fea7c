using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SseServer.Hub;

namespace SseServer.Relay;

/// <summary>
/// All relays of a server, each with its own task. Started when the hub is open, stopped before it drains; of servers that share a history
/// one has them running, so they may be started and stopped again. One caller at a time.
/// </summary>
internal sealed class Relays : IDisposable
{
    private readonly TopicRelay[] _relays;
    private readonly RelayMetrics _metrics;
    private CancellationTokenSource? _stopping;

    public Relays(IReadOnlyList<RelayOptions> options, EventHub hub, TimeProvider time, ILogger<Relays> logger)
    {
        _relays = [.. options.Select(one => new TopicRelay(one, hub, time, logger))];
        _metrics = new RelayMetrics([.. _relays.Select(relay => relay.Counters)]);
    }

    /// <summary>The instruments that count events.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>Whether a relay waits for its next attempt, or for the hub to accept events.</summary>
    internal bool IsPausing => _relays.Any(relay => relay.IsPausing);

    /// <summary>Whether there are any.</summary>
    public bool IsAny => _relays.Length > 0;

    /// <summary>Completes when all relays have ended.</summary>
    internal Task Running { get; private set; } = Task.CompletedTask;

    public void Start()
    {
        var stopping = _stopping = new CancellationTokenSource();
        Running = Task.WhenAll(_relays.Select(relay => Task.Run(() => relay.RunAsync(stopping.Token))));
    }

    /// <summary>Closes the connections. Positions are published together with events, so there is nothing to save.</summary>
    public async Task StopAsync()
    {
        if (_stopping is null) return;
        await _stopping.CancelAsync();
        await Running;
        _stopping.Dispose();
        _stopping = null;
    }

    public void Dispose()
    {
        foreach (var relay in _relays) relay.Dispose();
        _metrics.Dispose();
        _stopping?.Dispose();
    }
}
