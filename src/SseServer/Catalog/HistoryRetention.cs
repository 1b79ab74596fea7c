using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>
/// Keeps each topic within its own bounds, and all history within the server's. Evicts whole segments, oldest first. Under the lock, unless
/// it says "any thread".
/// </summary>
internal sealed class HistoryRetention(HistoryBudget budget, EventIdSequence ids, PublisherIdIndex publisherIds, HoldWork work)
{
    // Topics asked for history at one publish, so that many that have nothing to give cost it no more than that.
    private const int MaxTopicsAsked = 256;

    private bool _isWaiting;

    /// <summary>
    /// History is over its bound, and what would be evicted has not been handed to its live subscribers yet, or is not committed:
    /// publishers wait. Any thread.
    /// </summary>
    public bool IsWaiting => Volatile.Read(ref _isWaiting);

    /// <summary>Events evicted so far although their topics' own bounds would have retained them.</summary>
    public long EvictedEvents { get; private set; }

    /// <summary>
    /// Brings history below its bound, and a little more, so that this is not done at every publish: the topics that take most give first,
    /// those of about the same size in turns.
    /// </summary>
    /// <param name="before">What is at or after this id was just appended, and stays.</param>
    public void EvictLargest(EventId before) => EvictLargest(budget.MaxBytes - budget.MaxBytes / 64, before);

    /// <param name="goal">Bytes that history may take afterwards.</param>
    /// <param name="before">What is at or after this id stays.</param>
    public void EvictLargest(long goal, EventId before)
    {
        var isWaiting = false;
        var asked = MaxTopicsAsked;
        for (var index = 0; index < budget.BySize.Classes && budget.Total.Cost > goal && asked > 0; index++)
        {
            for (var refused = 0; refused < budget.BySize.CountIn(index) && budget.Total.Cost > goal && asked > 0; asked--)
            {
                var topic = budget.BySize.TakeTurn(index);
                // How far its patterns' subscribers have come is found by asking all of its patterns.
                work.Add(1 + topic.MatchingPatternCount);
                refused++;
                var through = Lowest(DroppableThrough(topic), before.Previous);
                if (topic.MayEvict(through))
                {
                    EvictOldest(topic, through);
                    refused = 0;
                }
                else
                {
                    isWaiting |= topic.MayEvict(Lowest(ids.CommittedThrough, before.Previous));
                }

                // What is left is for the next publish: an event adds less than a segment gives.
                if (work.IsSpent) asked = 1;
            }
        }

        Volatile.Write(ref _isWaiting, isWaiting && budget.IsExceeded);
    }

    /// <summary>
    /// Brings a topic within its own bounds, as far as memory may drop its events, and as far as one hold of the lock allows; false if
    /// there is more to do. At least one segment is dropped, so that a topic that is published to does not grow: an event adds at most one.
    /// </summary>
    public bool Trim(Topic topic, long unixMilliseconds)
    {
        while (topic.IsOverRetention(unixMilliseconds) && topic.MayDrop(DroppableThrough(topic)))
        {
            DropOldest(topic);
            if (work.IsSpent) return false;
        }

        if (!topic.IsOldestCompactedExpired(unixMilliseconds)) return true;
        using (budget.Track(topic))
        {
            do
            {
                topic.DropOldestCompacted();
                work.Add(1 + 3 * topic.MatchingPatternCount);
            }
            while (topic.IsOldestCompactedExpired(unixMilliseconds) && !work.IsSpent);
        }

        return !work.IsSpent;
    }

    /// <summary>
    /// Drops what memory has of a deleted topic up to an id, as far as one hold of the lock allows; false if there is more.
    /// </summary>
    public bool DropDeleted(Topic topic, EventId through)
    {
        while (!work.IsSpent)
        {
            if (topic.MayDrop(through)) DropOldest(topic);
            else if (topic.HasCompactedThrough(through)) using (budget.Track(topic)) topic.DropOldestCompacted();
            else return true;
        }

        return false;
    }

    /// <summary>
    /// Drops whole segments of a topic up to an id from memory, before the store deletes them; returns the id up to which the store may
    /// delete too. A replay reads all its topics from the store as far as one of them was dropped, so what the store lacks must not be in
    /// memory alone.
    /// </summary>
    public EventId DropThrough(Topic topic, EventId through)
    {
        // The store too must not delete what a live subscriber has yet to be handed.
        var handed = topic.HandedToAll;
        while (!work.IsSpent && topic.MayDrop(Lowest(through, handed))) DropOldest(topic);
        return Lowest(topic.SegmentStart, handed);
    }

    /// <summary>
    /// Drops from memory the segments of a topic that begin at or before an id, because the store has deleted events up to it; false if
    /// there is more than one hold of the lock allows. What such a segment holds after the id is in the store.
    /// </summary>
    public bool DropBegun(Topic topic, EventId through)
    {
        while (topic.SegmentStart < through)
        {
            if (work.IsSpent) return false;
            DropOldest(topic);
        }

        return true;
    }

    /// <summary>
    /// What memory may drop of a topic: what the store has or, without a store, what every live subscriber was handed. So no bound evicts
    /// anything that a subscriber which keeps up has yet to get; its publishers wait for it instead.
    /// </summary>
    private EventId DroppableThrough(Topic topic) => ids.IsStored ? ids.CommittedThrough : topic.HandedToAll;

    private static EventId Lowest(EventId a, EventId b) => a < b ? a : b;

    // The newest events of keys are evicted when the topic has nothing else to give.
    private void EvictOldest(Topic topic, EventId through)
    {
        var before = topic.Footprint.Events;
        if (topic.MayDrop(through)) DropOldest(topic);
        else using (budget.Track(topic)) topic.DropOldestCompactedSegment();
        // With a store, what memory drops is not lost.
        if (!ids.IsStored) EvictedEvents += before - topic.Footprint.Events;
    }

    private void DropOldest(Topic topic)
    {
        using (budget.Track(topic)) work.Add(topic.DropOldest(publisherIds));
    }
}
