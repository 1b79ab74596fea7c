using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Hub;

namespace SseServer.Presence;

/// <summary>
/// Looks at the topics whose readers changed, and has them told: their number in presence topics, the first and the last of them to webhooks. One look at a time.
/// </summary>
internal sealed class PresenceWatcher : IDisposable
{
    private readonly EventHub _hub;
    private readonly SubscriberCounts _counts;
    private readonly Occupancy _occupancy;
    private readonly WebhookClient _client;
    private readonly WebhookMetrics _metrics;
    private readonly WebhookSender[] _senders;
    private readonly List<TopicReaders> _changes = [];
    private readonly List<OccupancyChange> _occupancyChanges = [];

    /// <param name="hub">Notes the readers of the topics that <see cref="PresenceOptions.Watched"/> names.</param>
    /// <param name="options">Whose readers are told of, and to whom.</param>
    /// <param name="logger">Is told of what does not work.</param>
    public PresenceWatcher(EventHub hub, PresenceOptions options, ILogger logger)
    {
        _hub = hub;
        _counts = new SubscriberCounts(hub, options, logger);
        _occupancy = new Occupancy(options.Debounce);
        _client = new WebhookClient(hub.Time);
        _metrics = new WebhookMetrics(() => _senders!.Sum(sender => sender.Pending));
        _senders = [.. options.Webhooks.Select(webhook => new WebhookSender(webhook, options.WebhookAttempts, _client, _metrics, hub.Time, logger))];
    }

    /// <summary>The instruments that count deliveries.</summary>
    public Meter Meter => _metrics.Meter;

    internal WebhookMetrics Metrics => _metrics;

    /// <summary>Tells what changed since the last look, and begins the attempts to deliver that are due.</summary>
    public ValueTask PollAsync()
    {
        _changes.Clear();
        _hub.TakeReaderChanges(_changes);
        if (_senders.Length > 0) NotifyWebhooks();
        return _counts.RefreshAsync(_changes);
    }

    /// <summary>After the last look: tries what is pending once more, for a time at the most.</summary>
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
        foreach (var change in _changes) _occupancy.Note(change, _hub.Milliseconds, _occupancyChanges);
        _occupancy.Tick(_hub.Milliseconds, _occupancyChanges);
        foreach (var sender in _senders)
        {
            foreach (var change in _occupancyChanges) sender.Enqueue(change);
            sender.Pump();
        }
    }
}
