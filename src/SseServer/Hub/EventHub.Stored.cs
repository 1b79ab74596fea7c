using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;

namespace SseServer.Hub;

// What came from the store at the start, and what goes from it.
internal sealed partial class EventHub
{
    private readonly EventId _uncleanThrough;

    // Removed topics that are compared with a pattern for one page; beyond that the pattern is taken to match one of them.
    private const int MaxForgettingCompared = 64;

    // Topics of which the store has yet to delete events that their readers take for gone: one, or more if deleting fails.
    private readonly List<Topic> _trimming = [];

    // Topics removed of which the store has yet to delete the keys.
    private readonly HashSet<Topic> _forgetting = [];

    /// <summary>How the store is; null where history is in memory only.</summary>
    public HistoryState? HistoryState
        => _sequencer?.State is not { } state ? null : state == Publishing.HistoryState.Ok && Damage!.IsAny ? Publishing.HistoryState.Damaged : state;

    /// <summary>What of the store was found damaged; null where history is in memory only.</summary>
    public HistoryDamage? Damage { get; }

    /// <summary>Makes the topics that the store knows, with their history in the store alone.</summary>
    private void Restore(StoreStart start)
    {
        foreach (var stored in start.Topics)
        {
            var topic = CreateTopicUnderLock(stored.Name);
            topic.IsReadersOnlyUnderLock = false;
            topic.SetStoredUnderLock(new(stored.TrimmedThrough), new(stored.LostThrough), new(stored.LastId));
            topic.EvictThroughUnderLock(new(Math.Max(stored.LostThrough, start.Origin)));
            // An end that was forgotten stands there still, before what came after it.
            if (stored.EndId == 0 || stored.EndId < stored.LastId) continue;
            topic.EndUnderLock(new(stored.EndId), isEvent: false);
            MarkEndUnderLock(topic);
        }
    }

    /// <summary>Whether a resume point is a publisher's id that memory may have dropped.</summary>
    private bool MayStandInStore(in ResumePoint start, List<EventLog> logs)
        => _sequencer is not null && start.From == ResumePoint.Start.AfterId && !EventId.HasServerForm(start.Text)
            && logs.Exists(log => log.DroppedThrough.Value > 0);

    private async ValueTask<EventId?> FindStoredAsync(Cursor[] cursors, byte[] publisherId)
    {
        foreach (var place in await _sequencer!.FindAsync(publisherId))
            if (Selects(cursors, place.Topic)) return new(place.Id);
        return null;
    }

    /// <summary>
    /// Has memory's log let go of whole segments up to an id, some at a time, before the store does; returns the id after which it still holds events. Up to there the store may let go too:
    /// a replay reads all its topics from the store as far as one of them was dropped, so what the store lacks must not stand in memory alone.
    /// </summary>
    internal EventId DropThrough(Topic topic, EventId through)
    {
        lock (_gate)
        {
            // The store, as memory without one, keeps what a live reader has yet to be handed.
            var handed = topic.HandedToAllUnderLock;
            _work.Begin();
            while (!_work.IsSpent && topic.MayDropUnderLock(Lowest(through, handed))) DropOldestUnderLock(topic);
            return Lowest(topic.HeldAfterUnderLock, handed);
        }
    }

    /// <summary>
    /// Notes that the store is about to delete events of a topic, so that its readers hear of it; <see cref="EndTrim"/> follows when they
    /// are deleted. False if the topic was removed: then all of it is noted as gone, and events of its name may be another topic's.
    /// </summary>
    internal bool TryTrimStore(Topic topic, in StoreTrim plan)
    {
        lock (_gate)
        {
            if (topic.IsRemovedUnderLock) return false;
            if (!_trimming.Contains(topic)) _trimming.Add(topic);
            var before = topic.FootprintUnderLock;
            topic.TrimStoreUnderLock(plan);
            CountChangeUnderLock(topic, before);
            MarkEndUnderLock(topic);
            return true;
        }
    }

    /// <summary>Notes that all events are deleted that the store was to delete of a topic.</summary>
    internal void EndTrim(Topic topic)
    {
        lock (_gate) _trimming.Remove(topic);
    }

    /// <summary>
    /// Notes that all that the store still has of a topic is gone, before the topic is removed: whoever makes it anew finds that out from
    /// the floor, and readers of patterns from their patterns. Then has the store delete it; <see cref="EndForget"/> follows.
    /// </summary>
    private void ForgetStoredUnderLock(Topic topic)
    {
        // Also patterns that came since its last event read its keys from the store.
        MatchUnderLock(topic);
        _work.Add(topic.PatternCountUnderLock);
        topic.EvictAllUnderLock();
        _forgetting.Add(topic);
        _sequencer!.Forget(topic);
    }

    /// <summary>Notes that the store has deleted what it had of a removed topic, or keeps it for one of the same name.</summary>
    internal void EndForget(Topic topic)
    {
        lock (_gate) _forgetting.Remove(topic);
    }

    /// <summary>Finds for some logs how many of their evictions have left the store for certain.</summary>
    internal void MarkSettled(EventLog[] logs, ReplayMark[] marks)
    {
        lock (_gate)
            for (var i = 0; i < logs.Length; i++) marks[i] = new(IsBeingTrimmedUnderLock(logs[i]) ? 0 : logs[i].Evictions, 0, default);
    }

    private bool IsBeingTrimmedUnderLock(EventLog log)
    {
        foreach (var topic in _trimming)
            if (topic == log || (log is PatternIndex index && index.Pattern.Matches(topic.Name))) return true;
        if (log is not PatternIndex reader || _forgetting.Count == 0) return false;
        if (_forgetting.Count > MaxForgettingCompared) return true;
        foreach (var topic in _forgetting)
            if (reader.Pattern.Matches(topic.Name)) return true;
        return false;
    }

    /// <summary>A topic of a round through all; null past the last.</summary>
    internal Topic? TopicAt(int position)
    {
        lock (_gate) return position < _topicList.Count ? _topicList[position] : null;
    }

    /// <summary>Whether a topic that the store knows has no events anywhere and is out of use.</summary>
    internal bool IsUnused(Topic topic)
    {
        lock (_gate) return IsUnusedUnderLock(topic);
    }

    /// <summary>Removes a topic that still stands at a position and still is unused, for the store to forget it too.</summary>
    internal bool TryRemoveUnused(Topic topic, int position)
    {
        lock (_gate)
        {
            if (position >= _topicList.Count || _topicList[position] != topic || !IsUnusedUnderLock(topic)) return false;
            RemoveTopicUnderLock(topic);
            return true;
        }
    }

    private bool IsUnusedUnderLock(Topic topic)
        => topic is { IsEmptyUnderLock: true, PendingUnderLock: 0, HasStoredEventsUnderLock: false, HasEnded: false } && topic.CommittedThroughUnderLock.Value > 0 && IsOutOfUseUnderLock(topic, Options.TopicLinger);
}
