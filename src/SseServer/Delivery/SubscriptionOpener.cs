using SseServer.Catalog;
using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Opens subscriptions: acquires the logs, waits for patterns that are being opened, and looks up resume points that only the store knows.
/// Any thread.
/// </summary>
/// <param name="catalog">The logs.</param>
/// <param name="fanOut">Where subscriptions are served.</param>
/// <param name="lastEvents">Finds where the last events of some logs begin.</param>
/// <param name="findStored">Asks where the store has a publisher id; null without a store.</param>
internal sealed class SubscriptionOpener(
    TopicCatalog catalog, FanOut fanOut, LastEventsSearch lastEvents, Func<byte[], Task<IReadOnlyList<StoredLocation>>>? findStored)
{
    /// <summary>
    /// Acquires the logs that the selectors name for a subscription, so that they are not removed before the subscription ends. If the
    /// result is <see cref="HubStatus.Ok"/>, <c>EventHub.Join</c> must follow.
    /// </summary>
    public async ValueTask<HubStatus> AcquireAsync(Subscription subscription, IReadOnlyList<Selector> selectors, ResumePoint start)
    {
        var logs = new List<EventLog>(selectors.Count);
        var status = catalog.Acquire(selectors, logs);
        if (status != HubStatus.Ok) return status;
        subscription.Start = start;
        subscription.Cursors = logs.ConvertAll(log => new Cursor { Log = log, Segment = log.Head }).ToArray();
        fanOut.Assign(subscription);
        try
        {
            await OpenPatternsAsync(logs);
            if (start.From == ResumePoint.Start.Last)
                subscription.Start = await lastEvents.FindAsync(logs, start.Count, subscription.Filter);
            else if (MayBeStored(start, logs)) subscription.Start = start with { Found = await FindStoredAsync(logs, start.Text!) };
        }
        catch
        {
            catalog.Release(logs);
            throw;
        }

        return HubStatus.Ok;
    }

    /// <summary>
    /// Whether a subscription would have nothing to read: it selects topics only, all of them have ended or were deleted, and after its
    /// resume point there is neither an event nor a loss to announce.
    /// </summary>
    public ValueTask<bool> IsOverAsync(IReadOnlyList<Selector> selectors, ResumePoint start)
    {
        var topics = new List<EventLog>();
        using (catalog.Lock.Enter())
        {
            foreach (var selector in selectors)
            {
                if (selector.Pattern is not null || catalog.Topics.Find(selector.Text) is not { IsClosed: true } topic) return new(false);
                topics.Add(topic);
            }
        }

        return MayBeStored(start, topics) ? IsOverWithStoreAsync(topics, start) : new(fanOut.Placement.IsOver(topics, start));
    }

    /// <summary>
    /// The position that the greeting of a stream would have if it began now; null for none. Opens no stream and creates no topic.
    /// </summary>
    public async ValueTask<EventId?> FindPositionAsync(IReadOnlyList<Selector> selectors, ResumePoint start)
    {
        // Patterns are opened as for a subscriber: what they match is known only then.
        var logs = new List<EventLog>(selectors.Count);
        if (catalog.Acquire([.. selectors.Where(selector => selector.Pattern is not null)], logs) != HubStatus.Ok) return null;
        var patterns = logs.ToArray();
        try
        {
            await OpenPatternsAsync(logs);
            var floor = AddTopics(selectors, logs);
            if (MayBeStored(start, logs)) start = start with { Found = await FindStoredAsync(logs, start.Text!) };
            return fanOut.Placement.PositionAt(logs.ConvertAll(log => new Cursor { Log = log }).ToArray(), start, floor);
        }
        finally
        {
            catalog.Release(patterns);
        }
    }

    private static async ValueTask OpenPatternsAsync(List<EventLog> logs)
    {
        foreach (var log in logs)
            if (log is PatternLog pattern) await pattern.Ready.Task;
    }

    // Adds the selected topics that exist; returns how far events of the others may have been evicted.
    private EventId AddTopics(IReadOnlyList<Selector> selectors, List<EventLog> logs)
    {
        var floor = default(EventId);
        using (catalog.Lock.Enter())
        {
            foreach (var selector in selectors)
            {
                if (selector.Pattern is not null) continue;
                if (catalog.Topics.Find(selector.Text) is { } topic) logs.Add(topic);
                else if (catalog.Topics.FloorOf(selector.Text) is var own && own > floor) floor = own;
            }
        }

        return floor;
    }

    private async ValueTask<bool> IsOverWithStoreAsync(List<EventLog> topics, ResumePoint start)
    {
        start = start with { Found = await FindStoredAsync(topics, start.Text!) };
        return fanOut.Placement.IsOver(topics, start);
    }

    // A publisher's id may belong to an event that memory has dropped.
    private bool MayBeStored(in ResumePoint start, List<EventLog> logs)
        => findStored is not null && start.From == ResumePoint.Start.AfterId && !EventId.HasServerForm(start.Text)
            && logs.Exists(log => log.Marks.MemoryStart.Value > 0);

    private async Task<EventId?> FindStoredAsync(List<EventLog> logs, byte[] publisherId)
    {
        var cursors = logs.ConvertAll(log => new Cursor { Log = log }).ToArray();
        foreach (var place in await findStored!(publisherId))
            if (CursorPlacement.Selects(cursors, place.Topic)) return new(place.Id);
        return null;
    }
}
