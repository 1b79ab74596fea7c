using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Finds where a subscription begins, moves its cursors past losses, and determines clients' resume points. Each answer holds for one
/// moment: it is found under the catalog's lock. Called by the thread that runs the subscription's shard.
/// </summary>
internal sealed class CursorPlacement(TopicCatalog catalog)
{
    private const long CoarseMilliseconds = 1000;

    /// <summary>Where a subscription begins.</summary>
    /// <param name="Position">The id after which the stream continues; null if a client's own resume point is to stay.</param>
    /// <param name="IsUnknown">The resume point is unknown, so what was lost cannot be determined.</param>
    internal readonly record struct Beginning(EventId? Position, bool IsUnknown);

    /// <summary>The result of <see cref="TrySeekPastLoss"/>.</summary>
    internal enum LossOutcome
    {
        /// <summary>Nothing was lost that was not announced to the subscriber.</summary>
        None,

        /// <summary>Something was lost. It counts as announced, and the cursors are behind it.</summary>
        Lost,

        /// <summary>
        /// Something may be lost, but the next events are in the store, so it cannot be determined yet; nothing was changed.
        /// </summary>
        ReadStoreFirst,
    }

    /// <summary>Finds where a new subscription begins and moves its cursors there.</summary>
    public Beginning Begin(Subscription subscription)
    {
        using (catalog.Lock.Enter())
        {
            var start = subscription.Start;
            var resume = Resolve(start, subscription.Cursors);
            var isUnknown = start.From == ResumePoint.Start.AfterId && resume is null;
            // Only to a subscriber that named an event are losses announced.
            var isOwedLosses = start.From == ResumePoint.Start.AfterId && !isUnknown;
            if (!isOwedLosses)
                foreach (ref var cursor in subscription.Cursors.AsSpan()) cursor.KnownEvictions = cursor.Log.Evictions;
            subscription.LastId = resume ?? default;
            if (isOwedLosses) subscription.ResumedAfter = subscription.LastId;
            subscription.JoinedAt = catalog.Ids.Head;
            subscription.WantsLatest = start.From == ResumePoint.Start.Latest;
            Seek(subscription, subscription.LastId);
            var position = GreetingPosition(subscription.Cursors, start, resume, floor: default);
            subscription.SentThrough = position ?? default;
            return new(position, isUnknown);
        }
    }

    /// <summary>The position that the greeting of a stream would have if it began now; null for none.</summary>
    /// <param name="cursors">A cursor for each log of the stream that exists.</param>
    /// <param name="start">Where the stream begins.</param>
    /// <param name="floor">How far events of its other topics may have been evicted.</param>
    public EventId? PositionAt(Cursor[] cursors, in ResumePoint start, EventId floor)
    {
        using (catalog.Lock.Enter()) return GreetingPosition(cursors, start, Resolve(start, cursors), floor);
    }

    /// <summary>Moves cursors whose segments were dropped to the first event in memory after the subscription's position.</summary>
    public void SeekAgain(Subscription subscription)
    {
        using (catalog.Lock.Enter()) Seek(subscription, subscription.LastId);
    }

    /// <summary>
    /// Finds which of the subscriber's logs lost events that it neither received nor got announced, and adds the names of these logs (of
    /// all, if its resume point is unknown). Marks the losses as announced and moves the cursors past them and past
    /// <paramref name="after"/>. All this happens under one hold of the lock: what is evicted afterwards is another loss.
    /// </summary>
    /// <param name="subscription">Whose logs.</param>
    /// <param name="marks">The evictions before and after the next page was read, in the order of the cursors; empty if memory
    /// follows.</param>
    /// <param name="after">The id after which memory follows.</param>
    /// <param name="hasNext">Whether the event that follows is known already.</param>
    /// <param name="lost">Takes the names.</param>
    /// <param name="first">The first event in memory that follows, if there is one.</param>
    public LossOutcome TrySeekPastLoss(
        Subscription subscription, ReadOnlySpan<ReplayMark> marks, EventId after, bool hasNext, List<byte[]> lost, out EventId? first)
    {
        first = null;
        using (catalog.Lock.Enter())
        {
            if (!hasNext && catalog.Ids.IsStored && StoreSource.MustRead(subscription, out var through) && through > after)
                return LossOutcome.ReadStoreFirst;
            var cursors = subscription.Cursors;
            for (var i = 0; i < cursors.Length; i++)
            {
                ref var cursor = ref cursors[i];
                var evicted = cursor.Log.EvictedSince(cursor.KnownEvictions);
                var known = cursor.Log.Evictions;
                if (!marks.IsEmpty)
                {
                    var reached = marks[i].EvictedThrough < evicted ? marks[i].EvictedThrough : evicted;
                    evicted = marks[i].Evictions > cursor.KnownEvictions ? reached : default;
                    known = Math.Max(cursor.KnownEvictions, marks[i].SettledEvictions);
                }

                if (subscription.UnknownStart is not null || evicted > subscription.LastId) lost.Add(cursor.Log.Name);
                cursor.KnownEvictions = known;
            }

            if (lost.Count == 0) return LossOutcome.None;
            first = Seek(subscription, after);
            return LossOutcome.Lost;
        }
    }

    /// <summary>The resume point of a subscriber that has everything of its logs up to its last id, sent or excluded.</summary>
    public EventId PositionOf(Subscription subscription)
    {
        using (catalog.Lock.Enter()) return RoundedPosition(subscription.Cursors, subscription.LastId);
    }

    /// <summary>
    /// Whether a subscription would have nothing to read: it selects topics only, all of them have ended or were deleted, and after its
    /// resume point there is neither an event nor a loss to announce.
    /// </summary>
    /// <param name="topics">What it selects.</param>
    /// <param name="start">Its resume point.</param>
    public bool IsOver(List<EventLog> topics, in ResumePoint start)
    {
        using (catalog.Lock.Enter())
        {
            var cursors = topics.ConvertAll(topic => new Cursor { Log = topic }).ToArray();
            var position = Resolve(start, cursors);
            foreach (var log in topics)
            {
                if (log is not Topic { IsClosed: true } topic) return false;
                // After a deletion, a client that was here before is told that this was all; a new one opens a stream.
                if (topic.IsDeleted && start.From == ResumePoint.Start.AfterId && !(position > topic.DeletedThrough)) continue;
                if (topic.IsDeleted) return false;
                if (topic.EndId <= position) continue;
                // A subscriber that named an event is owed all after it, or a gap; another gets what is retained.
                if (start.From == ResumePoint.Start.AfterId || topic.HasEvents) return false;
            }

            return true;
        }
    }

    /// <summary>Whether one of a subscription's logs has the events of a topic.</summary>
    public static bool Selects(Cursor[] cursors, ReadOnlySpan<byte> topic)
    {
        foreach (var cursor in cursors)
            if (cursor.Log is PatternLog pattern ? pattern.Pattern.Matches(topic) : topic.SequenceEqual(cursor.Log.Name)) return true;
        return false;
    }

    private static EventId? Seek(Subscription subscription, EventId after)
    {
        EventId? first = null;
        foreach (ref var cursor in subscription.Cursors.AsSpan())
        {
            cursor.Log.Seek(ref cursor, after);
            if (cursor.Peek(after, out var entries, out _) != CursorState.Entry) continue;
            var id = entries[cursor.Index].Id;
            if (first is null || id < first) first = id;
        }

        return first;
    }

    // Null if there is no resume point, or if something after it was evicted: then a client keeps its own.
    private EventId? GreetingPosition(Cursor[] cursors, in ResumePoint start, EventId? resume, EventId floor)
    {
        var evicted = floor;
        foreach (ref readonly var cursor in cursors.AsSpan())
            if (cursor.Log.EvictedThrough > evicted) evicted = cursor.Log.EvictedThrough;
        if (resume is not { } id || id < evicted) return null;
        // An id that the client named is sent back as it is; other positions are rounded.
        return start.From == ResumePoint.Start.AfterId ? id : RoundedPosition(cursors, id, floor);
    }

    // The id after which the stream continues; null for the oldest event retained, and for an unknown id.
    private EventId? Resolve(in ResumePoint start, Cursor[] cursors)
    {
        var head = catalog.Ids.Head;
        switch (start.From)
        {
            case ResumePoint.Start.Head:
                return head;
            case ResumePoint.Start.Time:
                return catalog.Ids.Floor(new EventId(Math.Clamp(start.Id.Value - 1, 0, head.Value)));
            case ResumePoint.Start.AfterId when EventId.HasServerForm(start.Text):
                return EventId.TryParse(start.Text, out var id) && catalog.Ids.Contains(id) ? id : null;
            case ResumePoint.Start.AfterId:
                return LowestOf(start, cursors);
            default:
                return null;
        }
    }

    private EventId? LowestOf(in ResumePoint start, Cursor[] cursors)
    {
        var lowest = start.Found;
        for (var location = catalog.PublisherIds.Find(start.Text); location is not null; location = location.Next)
            if ((lowest is null || location.Id < lowest) && Selects(cursors, location.Topic.Name)) lowest = location.Id;
        return lowest;
    }

    /// <summary>
    /// The resume point of a subscriber that has everything of its logs up to <paramref name="through"/>. The head itself would reveal to
    /// every subscriber, to the millisecond, when something was published to topics that it may not read, so the position is rounded down
    /// to the second. It is exact all the same: between it and <paramref name="through"/> the subscriber's own logs have no event, so
    /// resuming from it sends everything that follows and nothing twice; and they evicted none, so no false loss is announced.
    /// </summary>
    private EventId RoundedPosition(Cursor[] cursors, EventId through, EventId floor = default)
    {
        var position = EventId.FirstAt(through.Milliseconds / CoarseMilliseconds * CoarseMilliseconds);
        if (catalog.Ids.First > position) position = catalog.Ids.First;
        if (floor > position) position = floor;
        foreach (ref readonly var cursor in cursors.AsSpan())
            if (cursor.Log.LastThrough(through) is var last && last > position) position = last;
        // Rounding must not end where the clock skipped: an id that was never assigned is no resume point.
        return position < through ? catalog.Ids.Floor(position) : through;
    }
}
