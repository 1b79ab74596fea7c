namespace SseServer.Hub;

// Subscribing: logs are held first, then the subscription joins its shard, which places the cursors.
internal sealed partial class EventHub
{
    /// <summary>Where a subscription was placed.</summary>
    /// <param name="Position">The id after which the stream goes on; null where a client's own resume point must stand.</param>
    /// <param name="IsUnknown">The resume point is not known here, so what was lost cannot be told.</param>
    internal readonly record struct Placement(EventId? Position, bool IsUnknown);

    /// <summary>
    /// Takes hold of what the selectors name, so that it stays until the subscription ends. <see cref="Join"/> must follow.
    /// </summary>
    public async ValueTask<HubStatus> HoldAsync(Subscription subscription, IReadOnlyList<Selector> selectors, ResumePoint start)
    {
        var logs = new List<EventLog>(selectors.Count);
        lock (_gate)
        {
            foreach (var selector in selectors)
            {
                EventLog? log = selector.Pattern is { } pattern ? FindOrCreatePatternUnderLock(pattern) : FindOrCreateTopicUnderLock(selector.Text, Options.MaxTopicsForReaders);
                if (log is null)
                {
                    ReleaseUnderLock(logs);
                    return selector.Pattern is null ? HubStatus.TooManyTopics : HubStatus.TooManyPatterns;
                }

                if (logs.Contains(log)) continue;
                if (Options.MaxStreamsPerTopic > 0 && log.HoldersUnderLock >= Options.MaxStreamsPerTopic)
                {
                    ReleaseUnderLock(logs);
                    return HubStatus.TooManyReaders;
                }

                HoldUnderLock(log, 1);
                logs.Add(log);
            }
        }

        subscription.Start = start;
        subscription.Cursors = logs.ConvertAll(log => new Cursor { Log = log, Segment = log.Head }).ToArray();
        subscription.Shard = _shards[(uint)Interlocked.Increment(ref _nextShard) % (uint)_shards.Length];
        try
        {
            foreach (var log in logs)
                if (log is PatternIndex index) await index.Ready.Task;
            if (MayStandInStore(start, logs)) subscription.Start = start with { Found = await FindStoredAsync(subscription.Cursors, start.Text!) };
        }
        catch
        {
            Release(subscription.Cursors);
            throw;
        }

        return HubStatus.Ok;
    }

    /// <summary>Hands the subscription to its shard, which writes to its connection from now on.</summary>
    public static void Join(Subscription subscription) => subscription.Signal(Subscription.Signals.Joined);

    /// <summary>Finds where a new subscription begins and puts its cursors there.</summary>
    internal Placement Place(Subscription subscription)
    {
        lock (_gate)
        {
            var resume = ResolveUnderLock(subscription.Start, subscription.Cursors);
            var isUnknown = subscription.Start.From == ResumePoint.Start.AfterId && resume is null;
            // Only a reader that named an event is owed the answer whether it missed some.
            var isOwedLosses = subscription.Start.From == ResumePoint.Start.AfterId && !isUnknown;
            var evicted = default(EventId);
            foreach (ref var cursor in subscription.Cursors.AsSpan())
            {
                if (!isOwedLosses) cursor.KnownEvictions = cursor.Log.Evictions;
                if (cursor.Log.EvictedThrough > evicted) evicted = cursor.Log.EvictedThrough;
            }

            subscription.LastId = resume ?? default;
            subscription.JoinedAt = new(_head);
            subscription.WantsLatest = subscription.Start.From == ResumePoint.Start.Latest;
            PlaceUnderLock(subscription, subscription.LastId);
            EventId? position = resume is { } id && id >= evicted ? id : null;
            // What a client named is its own; other places are the hub's.
            if (position is { } place && subscription.Start.From != ResumePoint.Start.AfterId)
                position = PositionUnderLock(subscription.Cursors, place);
            subscription.SentThrough = position ?? default;
            return new(position, isUnknown);
        }
    }

    /// <summary>Puts cursors that fell off their logs before the oldest event in memory that their subscriber has not got.</summary>
    internal void PlaceAgain(Subscription subscription)
    {
        lock (_gate) PlaceUnderLock(subscription, subscription.LastId);
    }

    /// <summary>
    /// Where logs lost events that the subscriber has not got and was not told of, or its resume point is unknown, adds the logs' names, takes the losses as said and
    /// puts the cursors behind them and <paramref name="after"/>, all at one moment: what is let go a moment later is another loss.
    /// </summary>
    internal bool TryPlaceAfterLoss(Subscription subscription, EventId after, List<byte[]> lost, out EventId? first)
    {
        first = null;
        lock (_gate)
        {
            foreach (ref var cursor in subscription.Cursors.AsSpan())
            {
                if (subscription.UnknownStart is not null || cursor.Log.EvictedSinceUnderLock(cursor.KnownEvictions) > subscription.LastId) lost.Add(cursor.Log.Name);
                cursor.KnownEvictions = cursor.Log.Evictions;
            }

            if (lost.Count == 0) return false;
            first = PlaceUnderLock(subscription, after);
            return true;
        }
    }

    /// <summary>Lets go of an ended subscription's logs.</summary>
    internal void Release(Cursor[] cursors)
    {
        lock (_gate) ReleaseUnderLock(cursors.Select(cursor => cursor.Log));
    }

    private void ReleaseUnderLock(IEnumerable<EventLog> logs)
    {
        foreach (var log in logs)
        {
            HoldUnderLock(log, -1);
            log.LastUsedUnderLock = Milliseconds;
            // With its readers such a topic is gone, so that nobody fills the table with topics by opening and closing streams.
            if (log is Topic { IsReadersOnlyUnderLock: true, HoldersUnderLock: 0 } topic) RemoveTopicUnderLock(topic);
        }
    }

    private static EventId? PlaceUnderLock(Subscription subscription, EventId after)
    {
        EventId? first = null;
        foreach (ref var cursor in subscription.Cursors.AsSpan())
        {
            cursor.Log.PlaceUnderLock(ref cursor, after);
            if (cursor.Look(after, out var entries, out _) != Cursor.Sight.Entry) continue;
            var id = entries[cursor.Index].Id;
            if (first is null || id < first) first = id;
        }

        return first;
    }

    // The id after which the stream goes on; null for the oldest event retained, and for an id that nobody here knows.
    private EventId? ResolveUnderLock(in ResumePoint start, Cursor[] cursors)
    {
        var head = new EventId(_head);
        switch (start.From)
        {
            case ResumePoint.Start.Head:
                return head;
            case ResumePoint.Start.Time:
                return new EventId(Math.Clamp(start.Id.Value - 1, 0, _head));
            case ResumePoint.Start.AfterId when EventId.HasHubForm(start.Text):
                return EventId.TryParse(start.Text, out var id) && id <= head ? id : null;
            case ResumePoint.Start.AfterId:
                return LowestPlaceUnderLock(start, cursors);
            default:
                return null;
        }
    }

    private EventId? LowestPlaceUnderLock(in ResumePoint start, Cursor[] cursors)
    {
        var lowest = start.Found;
        for (var place = _publisherIds.FindUnderLock(start.Text); place is not null; place = place.Next)
            if ((lowest is null || place.Id < lowest) && Selects(cursors, place.Topic.Name)) lowest = place.Id;
        return lowest;
    }

    private static bool Selects(Cursor[] cursors, ReadOnlySpan<byte> topic)
    {
        foreach (var cursor in cursors)
            if (cursor.Log is PatternIndex index ? index.Pattern.Matches(topic) : topic.SequenceEqual(cursor.Log.Name)) return true;
        return false;
    }
}
