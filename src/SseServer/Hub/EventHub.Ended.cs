using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;

namespace SseServer.Hub;

// Finite topics: what may be published beside an end, who needs no stream any more, and how long an end is kept.
internal sealed partial class EventHub
{
    // Ends looked at for one that can make room, so that a full table costs a publish no more than that.
    private const int MaxMarkersTried = 16;

    // Ends whose events are gone, in the order in which the last of them went.
    private readonly LinkedList<Topic> _markers = [];

    /// <summary>
    /// Whether a subscription would have nothing to read: it selects topics only, all of them have ended, and after its resume point there is neither an event nor a loss to tell of.
    /// </summary>
    public ValueTask<bool> IsOverAsync(IReadOnlyList<Selector> selectors, ResumePoint start)
    {
        lock (_gate)
        {
            var topics = new List<EventLog>();
            foreach (var selector in selectors)
            {
                if (selector.Pattern is not null || !_topics.TryGetValue(selector.Text, out var topic) || !topic.HasEnded) return new(false);
                topics.Add(topic);
            }

            var cursors = topics.ConvertAll(topic => new Cursor { Log = topic }).ToArray();
            return MayStandInStore(start, topics) ? IsOverAsync(cursors, start) : new(IsOverUnderLock(cursors, start));
        }
    }

    private async ValueTask<bool> IsOverAsync(Cursor[] cursors, ResumePoint start)
    {
        start = start with { Found = await FindStoredAsync(cursors, start.Text!) };
        lock (_gate) return IsOverUnderLock(cursors, start);
    }

    private bool IsOverUnderLock(Cursor[] cursors, in ResumePoint start)
    {
        var position = ResolveUnderLock(start, cursors);
        foreach (ref readonly var cursor in cursors.AsSpan())
        {
            var topic = (Topic)cursor.Log;
            if (topic.EndId <= position) continue;
            // Who named an event is owed all after it, or the word that some of it is lost; who named none gets what there is.
            if (start.From == ResumePoint.Start.AfterId || HasEventsUnderLock(topic)) return false;
        }

        return true;
    }

    /// <summary>
    /// Whether no event of a batch comes after its topic's end, in the log or in the batch itself; <see cref="PublishBatch.RefusedIndex"/> names the first that does. An event that
    /// is known by its id may be repeated, and so may an end.
    /// </summary>
    /// <param name="batch">With its topics found.</param>
    /// <param name="start">The first event to look at.</param>
    /// <param name="end">The first not to look at.</param>
    /// <param name="stamp">The look's own; the same for all parts of a batch.</param>
    private bool MayAppendUnderLock(PublishBatch batch, int start, int end, long stamp)
    {
        var items = batch.Items;
        for (var i = start; i < end; i++)
        {
            ref readonly var item = ref items[i];
            var topic = item.Topic!;
            var isOver = topic.HasEnded || topic.EndingStampUnderLock == stamp;
            if (!isOver && !item.IsFinal) continue;
            if (item.PublisherIdLength > 0 && _publisherIds.TryFindUnderLock(topic, batch.PublisherIdOf(item), out _)) continue;
            if (!isOver) topic.EndingStampUnderLock = stamp;
            else if (!item.IsEndAlone || !topic.HasEnded)
            {
                batch.RefusedIndex = i;
                return false;
            }
        }

        return true;
    }

    /// <summary>Finds an event that need not be appended, because its topic has it: by the publisher's id, or because it is the end of a topic that has ended.</summary>
    private bool TryFindRepeatUnderLock(PublishBatch batch, in PublishBatch.Item item, out EventId first)
    {
        if (item.PublisherIdLength > 0) return _publisherIds.TryFindUnderLock(item.Topic!, batch.PublisherIdOf(item), out first);
        first = item.IsEndAlone ? item.Topic!.EndId : default;
        return first.Value != 0;
    }

    /// <summary>Ends the topic of an event that is appended and stands at or below the head.</summary>
    private void EndUnderLock(in PublishBatch.Item item)
    {
        item.Topic!.EndUnderLock(item.Id, isEvent: !item.IsEndAlone);
        _counters.Ended++;
        MarkEndUnderLock(item.Topic);
    }

    /// <summary>Takes note of an ended topic whose last event left memory.</summary>
    private void MarkEndUnderLock(Topic topic)
    {
        if (topic is { HasEnded: true, IsEmptyUnderLock: true, MarkerUnderLock: null, IsRemovedUnderLock: false })
            topic.MarkerUnderLock = _markers.AddLast(topic);
    }

    private void UnmarkEndUnderLock(Topic topic)
    {
        if (topic.MarkerUnderLock is not { } marker) return;
        _markers.Remove(marker);
        topic.MarkerUnderLock = null;
    }

    /// <summary>Forgets an end whose time is over and whose events are gone; its topic is one without events then, which takes new ones.</summary>
    private void ForgetEndUnderLock(Topic topic, long nowMilliseconds)
    {
        if (!topic.HasEnded || topic.PendingUnderLock > 0 || HasEventsUnderLock(topic)) return;
        if (nowMilliseconds - topic.EndId.Milliseconds < (long)Options.EndedLinger.TotalMilliseconds) return;
        topic.ReopenUnderLock();
        UnmarkEndUnderLock(topic);
    }

    /// <summary>Makes room for a topic where an end can go before its time: one without events and readers, the oldest first.</summary>
    private bool TryMakeRoomUnderLock()
    {
        for (var tries = Math.Min(MaxMarkersTried, _markers.Count); tries > 0; tries--)
        {
            var topic = _markers.First!.Value;
            UnmarkEndUnderLock(topic);
            if (topic is { HoldersUnderLock: 0, PendingUnderLock: 0 } && !HasEventsUnderLock(topic))
            {
                if (topic.CommittedThroughUnderLock.Value > 0) ForgetStoredUnderLock(topic);
                RemoveTopicUnderLock(topic);
                return true;
            }

            MarkEndUnderLock(topic);
        }

        return false;
    }

    private static bool HasEventsUnderLock(Topic topic) => !topic.IsEmptyUnderLock || topic.HasStoredEventsUnderLock;
}
