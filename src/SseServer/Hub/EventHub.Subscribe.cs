using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;

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
        using (_turns.Enter())
        {
            _work.Begin();
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
        using (_turns.Enter())
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
            if (isOwedLosses) subscription.ResumedAfter = subscription.LastId;
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
        using (_turns.Enter()) PlaceUnderLock(subscription, subscription.LastId);
    }

    /// <summary>What came of <see cref="TryPlaceAfterLoss"/>.</summary>
    internal enum LossOutcome
    {
        /// <summary>Nothing was lost that the subscriber was not told of.</summary>
        None,

        /// <summary>Something was lost. It counts as announced, and the cursors stand behind it.</summary>
        Lost,

        /// <summary>Something may be lost, but what comes next is in the store, so that cannot be told yet; nothing was changed.</summary>
        ReadStoreFirst,
    }

    /// <summary>
    /// Finds what the subscriber's logs lost of what it has neither got nor was told of, adds the names of the logs that lost something
    /// (all, if its resume point is unknown), takes these losses as announced and puts the cursors behind them and <paramref
    /// name="after"/>, all at one moment: what is evicted a moment later is another loss.
    /// </summary>
    /// <param name="subscription">Whose logs are looked at.</param>
    /// <param name="marks">What was evicted around the reading of the page that follows, in the order of the cursors; empty if memory
    /// follows.</param>
    /// <param name="after">What follows in memory comes after this id.</param>
    /// <param name="hasNext">The event that follows is known already.</param>
    /// <param name="lost">Takes the names.</param>
    /// <param name="first">The first event in memory that follows, if there is one.</param>
    internal LossOutcome TryPlaceAfterLoss(
        Subscription subscription, ReadOnlySpan<ReplayMark> marks, EventId after, bool hasNext, List<byte[]> lost, out EventId? first)
    {
        first = null;
        using (_turns.Enter())
        {
            if (!hasNext && StoreSource.MustRead(this, subscription, out var through) && through > after) return LossOutcome.ReadStoreFirst;
            var cursors = subscription.Cursors;
            for (var i = 0; i < cursors.Length; i++)
            {
                ref var cursor = ref cursors[i];
                var evicted = cursor.Log.EvictedSinceUnderLock(cursor.KnownEvictions);
                var known = cursor.Log.Evictions;
                if (!marks.IsEmpty)
                {
                    evicted = marks[i].Evictions > cursor.KnownEvictions ? Lowest(evicted, marks[i].EvictedThrough) : default;
                    known = Math.Max(cursor.KnownEvictions, marks[i].SettledEvictions);
                }

                if (subscription.UnknownStart is not null || evicted > subscription.LastId) lost.Add(cursor.Log.Name);
                cursor.KnownEvictions = known;
            }

            if (lost.Count == 0) return LossOutcome.None;
            first = PlaceUnderLock(subscription, after);
            return LossOutcome.Lost;
        }
    }

    /// <summary>Lets go of an ended subscription's logs.</summary>
    internal void Release(Cursor[] cursors)
    {
        using (_turns.Enter()) ReleaseUnderLock(cursors.Select(cursor => cursor.Log));
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
            if (cursor.Peek(after, out var entries, out _) != CursorState.Entry) continue;
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
                return _given.Floor(new EventId(Math.Clamp(start.Id.Value - 1, 0, _head)));
            case ResumePoint.Start.AfterId when EventId.HasServerForm(start.Text):
                return EventId.TryParse(start.Text, out var id) && id <= head && _given.Contains(id) ? id : null;
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
