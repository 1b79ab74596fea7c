using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Hub;

namespace SseServer.Presence;

/// <summary>
/// Polls the hub for topics whose subscribers changed, and reports them: counts to presence topics, the first and last subscriber to
/// webhooks. One poll at a time.
/// </summary>
internal sealed class PresenceWatcher : IDisposable
{
    private readonly EventHub _hub;
    private readonly SubscriberCounts _counts;
    private readonly Occupancy _occupancy;
    private readonly WebhookClient _client;
    private readonly WebhookMetrics _metrics;
    private readonly WebhookSender[] _senders;
    private readonly List<SubscriberChange> _changes = [];
    private readonly List<OccupancyChange> _occupancyChanges = [];

    /// <param name="hub">Counts the subscribers of the topics in <see cref="PresenceOptions.Watched"/>.</param>
    /// <param name="options">Which topics report presence, and to which webhooks.</param>
    /// <param name="logger">For failures.</param>
    public PresenceWatcher(EventHub hub, PresenceOptions options, ILogger logger)
    {
        _hub = hub;
        _counts = new SubscriberCounts(hub, options, logger);
        _occupancy = new Occupancy(options.Debounce);
        _client = new WebhookClient(hub.Time);
        _metrics = new WebhookMetrics(() => _senders!.Sum(sender => sender.Pending));
        _senders =
        [
            .. options.Webhooks.Select(
                webhook => new WebhookSender(webhook, options.WebhookAttempts, _client, _metrics, hub.Time, logger)),
        ];
    }

    /// <summary>The instruments that count deliveries.</summary>
    public Meter Meter => _metrics.Meter;

    internal WebhookMetrics Metrics => _metrics;

    /// <summary>Reports what changed since the last poll, and starts the deliveries that are due.</summary>
    public ValueTask PollAsync()
    {
        _changes.Clear();
        _hub.TakeSubscriberChanges(_changes);
        if (_senders.Length > 0) NotifyWebhooks();
        return _counts.RefreshAsync(_changes);
    }

    /// <summary>After the last poll: tries pending deliveries once more, for at most <paramref name="period"/>.</summary>
    public Task DrainAsync(TimeSpan period) => Task.WhenAll(_senders.Select(sender => sender.DrainAsync(period)));

    public void Dispose()
    {
        foreach (var sender in _senders) sender.Dispose();
        _client.Dispose();
        _metrics.Dispose();
    }

    private void NotifyWebhooks()
    {
        _occupancyChanges.Clear();
        foreach (var change in _changes) _occupancy.Record(change, _hub.Clock.Milliseconds, _occupancyChanges);
        _occupancy.Tick(_hub.Clock.Milliseconds, _occupancyChanges);
        foreach (var sender in _senders)
        {
            foreach (var change in _occupancyChanges) sender.Enqueue(change);
            sender.Pump();
        }
    }
}
