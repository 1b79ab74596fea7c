using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>
/// All topics and patterns, the head, and how much history is retained. Publishing writes to the logs found here, Delivery reads them.
/// <para>
/// One lock (<see cref="Lock"/>) guards everything in this layer and all writing to logs. One short hold assigns ids and appends, so ids
/// rise strictly over all topics and every log is in id order. No hold does more work than <see cref="HoldWork"/> allows, however many
/// topics, patterns and events there are. Readers of logs take no lock.
/// </para>
/// <para>
/// The parts know each other in one direction: <see cref="EventIdSequence"/> (the head), <see cref="HistoryBudget"/> (sums),
/// <see cref="TopicTable"/> and <see cref="PatternTable"/> (names), <see cref="HistoryRetention"/> (what leaves), and above them
/// <see cref="PatternCatalog"/> and <see cref="RetentionSweeper"/> (background work). This type holds them and acquires logs for
/// subscriptions. Knows Log and History, no other layer.
/// </para>
/// </summary>
internal sealed class TopicCatalog
{
    /// <param name="options">What is retained, and how many topics there may be.</param>
    /// <param name="clock">The clocks.</param>
    /// <param name="ids">The head.</param>
    /// <param name="floor">The id before the oldest event that may be known here.</param>
    /// <param name="faults">Takes our own bugs.</param>
    public TopicCatalog(HubOptions options, HubClock clock, EventIdSequence ids, EventId floor, Faults faults)
    {
        (Options, Clock, Ids) = (options, clock, ids);
        var ended = new EndedTopics();
        var retentionFloor = new RetentionFloor(floor);
        Budget = new(ended, options.MaxHistoryBytes);
        Patterns = new(options.MaxPatterns, Lock.Work);
        Topics = new(options, clock, ids, retentionFloor, Patterns, Budget, ended, Lock.Work);
        Retention = new(Budget, ids, PublisherIds, Lock.Work);
        PatternOpener = new(options, Lock, ids, retentionFloor, Patterns, Topics, Budget, Retention, faults);
        SubscriberChanges = new(Lock);
    }

    public HubOptions Options { get; }

    public HubClock Clock { get; }

    public CatalogLock Lock { get; } = new();

    public EventIdSequence Ids { get; }

    public HistoryBudget Budget { get; }

    public PatternTable Patterns { get; }

    public TopicTable Topics { get; }

    public HistoryRetention Retention { get; }

    public PatternCatalog PatternOpener { get; }

    public SubscriberChanges SubscriberChanges { get; }

    public StoreRemovals StoreRemovals { get; } = new();

    public PublisherIdIndex PublisherIds { get; } = new();

    /// <summary>Creates the topics that the store knows. Called once, before any other use of the catalog.</summary>
    public void Restore(StoreStart start)
    {
        foreach (var topic in start.Topics) Topics.Restore(topic, new(start.Origin));
    }

    /// <summary>
    /// Finds or creates the logs that selectors name and counts a subscriber for each, so that they stay until <see cref="Release"/>.
    /// </summary>
    /// <param name="selectors">Topics and patterns.</param>
    /// <param name="logs">Takes the logs, each once; left as it was if the result is not <see cref="HubStatus.Ok"/>.</param>
    public HubStatus Acquire(IReadOnlyList<Selector> selectors, List<EventLog> logs)
    {
        var status = HubStatus.Ok;
        using (Lock.Enter())
        {
            foreach (var selector in selectors)
            {
                status = AcquireUnderLock(selector, logs);
                if (status == HubStatus.Ok) continue;
                ReleaseUnderLock(logs);
                logs.Clear();
                break;
            }
        }

        return status;
    }

    /// <summary>Releases the logs of a subscription that has ended.</summary>
    public void Release(IEnumerable<EventLog> logs)
    {
        using (Lock.Enter()) ReleaseUnderLock(logs);
    }

    private HubStatus AcquireUnderLock(Selector selector, List<EventLog> logs)
    {
        EventLog? log = selector.Pattern is { } pattern
            ? PatternOpener.FindOrCreate(pattern)
            : Topics.FindOrCreate(selector.Text, Options.MaxTopicsForSubscribers);
        if (log is null) return selector.Pattern is null ? HubStatus.TooManyTopics : HubStatus.TooManyPatterns;
        if (logs.Contains(log)) return HubStatus.Ok;
        if (Options.MaxStreamsPerTopic > 0 && log.Subscribers >= Options.MaxStreamsPerTopic) return HubStatus.TooManySubscribers;
        SubscriberChanges.Add(log, 1);
        logs.Add(log);
        return HubStatus.Ok;
    }

    private void ReleaseUnderLock(IEnumerable<EventLog> logs)
    {
        foreach (var log in logs)
        {
            SubscriberChanges.Add(log, -1);
            log.LastUsed = Clock.Milliseconds;
            // Such a topic is removed with its last subscriber, so that opening and closing streams cannot fill the table.
            if (log is Topic { IsForSubscribersOnly: true, Subscribers: 0 } topic) Topics.Remove(topic);
        }
    }
}
