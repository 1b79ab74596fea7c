using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <content> What leaves the topic: segments and compacted events from memory, trimmed events from the store. A mark rises before anything
/// leaves.
/// </content>
internal sealed partial class Topic
{
    private CompactedHistory? _compacted;
    private EventId _lostThrough;

    /// <summary>Whether the topic ever had an event with a key. Any thread.</summary>
    public bool HasKeys => Volatile.Read(ref _compacted) is not null;

    /// <summary>Events that are retained only because they are the newest of their keys.</summary>
    public int CompactedCount => _compacted?.CompactedCount ?? 0;

    /// <summary>What the log's segments hold comes after this id; the highest id there is if they hold nothing.</summary>
    public EventId SegmentStart => new(Count > 0 ? Oldest().FirstId.Value - 1 : long.MaxValue);

    /// <summary>The trimmer has queued the topic. The sequencer's.</summary>
    public bool IsTrimDue { get; set; }

    /// <summary>Every event up to this id was handed to all live subscribers of this topic and of the patterns that match it.</summary>
    public EventId HandedToAll
    {
        get
        {
            var least = HandedThrough;
            foreach (var pattern in MatchingPatterns)
                if (pattern.HandedThrough is var through && through < least) least = through;
            return least;
        }
    }

    /// <summary>Whether the oldest segment is over the topic's bounds.</summary>
    public bool IsOverRetention(long nowMilliseconds)
    {
        if (Count == 0) return false;
        var oldest = Oldest();
        return Count - oldest.Count >= Retention.MaxEvents
            || (Bytes > Retention.MaxBytes && oldest != Head)
            || oldest.LastId.Milliseconds < nowMilliseconds - (long)Retention.MaxAge.TotalMilliseconds;
    }

    /// <summary>Whether there is a segment to drop, and all its events are at or below <paramref name="through"/>.</summary>
    public bool MayDrop(EventId through) => Count > 0 && Oldest().LastId <= through;

    /// <summary>Whether there is something to evict: a segment up to <paramref name="through"/>, or compacted events.</summary>
    public bool MayEvict(EventId through) => MayDrop(through) || CompactedCount > 0;

    /// <summary>Whether the oldest compacted event is over the topic's age: of the topic's bounds only this one applies to it.</summary>
    public bool IsOldestCompactedExpired(long nowMilliseconds)
        => CompactedCount > 0 && _compacted!.Oldest().Milliseconds < nowMilliseconds - (long)Retention.MaxAge.TotalMilliseconds;

    /// <summary>Whether the oldest compacted event is at or below an id.</summary>
    public bool HasCompactedThrough(EventId id) => CompactedCount > 0 && _compacted!.Oldest() <= id;

    public override EventId EvictedSince(long known)
        => _compacted is null ? base.EvictedSince(known) : _compacted.Marks.HighestAfter(known);

    public override void EvictThrough(EventId id)
    {
        base.EvictThrough(id);
        _compacted?.Marks.Add(Evictions, id);
    }

    public override void Seek(ref Cursor cursor, EventId after)
    {
        if (_compacted is null || !_compacted.TrySeek(ref cursor, after)) base.Seek(ref cursor, after);
    }

    public override EventId LastThrough(EventId through)
    {
        var last = base.LastThrough(through);
        // Subscribers that join after a deletion resume from after it, so that they are not told of it.
        var afterDeletion = new EventId(DeletedThrough.Value + 1);
        if (DeletedThrough.Value > 0 && afterDeletion <= through && afterDeletion > last) last = afterDeletion;
        return _compacted?.LastThrough(through) is { } compacted && compacted > last ? compacted : last;
    }

    public override LogSegment? SegmentBefore(EventId id) => FindSegmentBefore(id) ?? _compacted?.SegmentBefore(id);

    /// <summary>Has an event that is in the topic's log and in those of its patterns supersede the older one of its key.</summary>
    public void Supersede(in LogEntry entry)
    {
        if (_compacted!.Supersede(entry)) CountEvictedInPatterns(1);
    }

    /// <summary>
    /// Drops the oldest segment that holds events from memory, but for the newest of each key, and its publisher ids from the index.
    /// Returns the work that it was, for <see cref="HoldWork"/>.
    /// </summary>
    public int DropOldest(PublisherIdIndex publisherIds)
    {
        if (Segments[0].Count == 0) Segments.Dequeue().Drop();
        var segment = Segments.Dequeue();
        var last = segment.LastId;
        var (compacted, lastLive) = _compacted is null ? (0, last) : _compacted.Compact(segment);
        var stored = last > Marks.StoreStart ? last : default;
        Marks.RaiseMemory(stored);
        Marks.RaiseMemoryLive(lastLive);
        foreach (var pattern in MatchingPatterns) pattern.Drop(stored, segment.Count - compacted, lastLive);
        EvictLost();
        var forgotten = publisherIds.Forget(this, segment);
        var work = 16 + segment.Count / 16 + 2 * MatchingPatternCount + forgotten + (_compacted is null ? 0 : segment.Count);
        Count -= segment.Count;
        Bytes -= segment.Used;
        _cost -= segment.Cost;
        if (segment == Head)
        {
            Head = new LogSegment(0, 0);
            Segments.Enqueue(Head);
        }

        segment.Drop();
        while (CompactedCount > Retention.MaxKeys) DropOldestCompacted();
        return work;
    }

    /// <summary>Drops the oldest compacted event.</summary>
    public void DropOldestCompacted()
    {
        LoseCompacted(_compacted!.Oldest());
        _compacted.DropOldest();
        CountEvictedInPatterns(1);
    }

    /// <summary>Drops the oldest segment of compacted events: all that the topic can still give.</summary>
    public void DropOldestCompactedSegment()
    {
        LoseCompacted(_compacted!.EndOfOldestSegment());
        CountEvictedInPatterns(_compacted.DropOldestSegment());
    }

    /// <summary>Sets what the store holds, before the topic has subscribers.</summary>
    /// <param name="start">Its events after this id are in the store.</param>
    /// <param name="liveStart">Its live events after this id are in the store.</param>
    /// <param name="committedThrough">The newest event that the store got.</param>
    public void SetStored(EventId start, EventId liveStart, EventId committedThrough)
    {
        Marks.SetStore(start, liveStart);
        _lostThrough = liveStart;
        CommittedThrough = committedThrough;
        Marks.RaiseMemory(committedThrough);
        Marks.RaiseMemoryLive(committedThrough);
    }

    /// <summary>Notes what the store is about to delete, none of which is in the log's segments.</summary>
    public void TrimStore(in StoreTrim plan)
    {
        Marks.RaiseStore(new(plan.Through), new(plan.LostThrough));
        EvictLost();
        if (plan.KeysThrough > 0) LoseKeys(new(plan.KeysThrough));
    }

    /// <summary>
    /// Notes what another server has deleted in the store, perhaps of events that this one never had. None of it is in the log's segments.
    /// </summary>
    /// <param name="marks">The topic's marks.</param>
    /// <param name="head">The last id that this server has.</param>
    public void AdoptTrim(in StoreTrim marks, EventId head)
    {
        if (marks.Through > head.Value) RaiseMemory(new(marks.Through), new(marks.LostThrough));
        TrimStore(marks);
    }

    /// <summary>Notes that what memory had up to an id differs from what the store has: subscribers read the store for it.</summary>
    public void DisownMemory(EventId through) => RaiseMemory(through, through);

    /// <summary>
    /// Deletes the topic: notes that everything up to now is gone from memory and store, before it is. Returns the last event that it had.
    /// An end is deleted too.
    /// </summary>
    /// <param name="id">The deletion's own id.</param>
    public EventId Delete(EventId id)
    {
        var last = Count > 0 ? Head.LastId : CommittedThrough;
        Reopen();
        IsDeleted = true;
        if (last.Value > 0)
        {
            RaiseMemory(Marks.IsMemoryOnly ? default : last, last);
            if (!Marks.IsMemoryOnly) Marks.RaiseStore(last, last);
            _lostThrough = last;
            EvictEverywhere(last);
        }

        Volatile.Write(ref _deletedThrough, id.Value);
        return last;
    }

    /// <summary>Restores a deletion that the store knows.</summary>
    public void RestoreDeletion(EventId id)
    {
        Volatile.Write(ref _deletedThrough, id.Value);
        IsDeleted = true;
    }

    /// <summary>Notes that nothing of the topic is left anywhere.</summary>
    public void EvictAll() => EvictEverywhere(CommittedThrough);

    private EventKey? KeyOf(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return null;
        if (_compacted is null) Volatile.Write(ref _compacted, new CompactedHistory(Evictions, EvictedThrough));
        return _compacted.Key(text);
    }

    // A log's first segment is empty: cursors start in it while there is no event.
    private LogSegment Oldest() => Segments[0].Count == 0 ? Segments[1] : Segments[0];

    /// <summary>Announces what neither memory nor the store has any more.</summary>
    private void EvictLost()
    {
        if (Marks.LostThrough is var lost && lost <= _lostThrough) return;
        _lostThrough = lost;
        EvictEverywhere(lost);
    }

    /// <summary>
    /// Notes that a compacted event is about to leave memory. Without a store it is lost, even if losses of other events reach further
    /// already: a subscriber to which those were announced may still be owed this one. With a store, a subscriber reads the store for
    /// whatever is at or below <see cref="LogMarks.MemoryLiveStart"/>.
    /// </summary>
    private void LoseCompacted(EventId id)
    {
        RaiseMemory(default, id);
        if (id > _lostThrough) EvictLost();
        else if (Marks.IsMemoryOnly) EvictEverywhere(id);
    }

    /// <summary>
    /// Notes that the store deletes the newest events of keys through an id. This is a loss of its own, since losses of other events may
    /// reach further already; and memory drops those events too, since a replay reads them from the store alone.
    /// </summary>
    private void LoseKeys(EventId through)
    {
        EvictEverywhere(through);
        while (CompactedCount > 0 && _compacted!.Oldest() <= through) DropOldestCompacted();
    }

    /// <summary>Events through one id, and live ones through another, are about to leave memory, for patterns too.</summary>
    private void RaiseMemory(EventId id, EventId live)
    {
        Marks.RaiseMemory(id);
        Marks.RaiseMemoryLive(live);
        foreach (var pattern in MatchingPatterns)
        {
            pattern.Marks.RaiseMemory(id);
            pattern.Marks.RaiseMemoryLive(live);
        }
    }

    private void EvictEverywhere(EventId through)
    {
        EvictThrough(through);
        foreach (var pattern in MatchingPatterns) pattern.EvictThrough(through);
    }

    private void CountEvictedInPatterns(int events)
    {
        foreach (var pattern in MatchingPatterns) pattern.CountEvicted(events);
    }
}
