using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// A log that cursors read: a chain of segments in id order. A topic is a log whose segments hold frames; a pattern is a log whose entries
/// point into its topics' segments.
/// <para> This layer has no threads and no locks, and knows no other layer. A log has one writer at a time (the catalog's lock sees to
/// that) and any number of cursors, which take no lock. Four rules make that safe:
/// </para>
/// <list type="number">
/// <item><see cref="LogSegment"/>: an entry and its bytes are written before the segment's count, so a cursor finds whole entries.</item>
/// <item>Marks (<see cref="Marks"/>, <see cref="EvictedThrough"/>) rise before a segment is dropped, so a cursor that finds a segment
/// dropped also finds out what it lost.</item>
/// <item>A dropped segment is marked, then its link is cut, then its arrays are released: a <see cref="Cursor"/> on it must seek again, and
/// keeps no memory alive.</item>
/// <item><see cref="CompactedHistory"/>: segments of compacted events are written once, as a whole, and nothing links into them.</item>
/// </list>
/// <para>Members are the writer's, unless they say "any thread".</para>
/// </summary>
internal abstract class EventLog
{
    private protected SegmentQueue Segments = new();
    private LogMarks _marks = new();
    private long _evictedThrough;
    private long _evictions;
    private long _appendedBytes;
    private long _appendedEvents;

    private protected EventLog(byte[] name, int shards, TopicRetention retention)
    {
        Name = name;
        Retention = retention;
        Groups = new ISubscriberGroup?[shards];
        Head = new LogSegment(0, 0);
        Segments.Enqueue(Head);
    }

    /// <summary>The topic's name or the pattern's text. Any thread.</summary>
    public byte[] Name { get; }

    /// <summary>
    /// The subscribers of this log, a group for each shard; a shard fills its slot when its first subscriber joins. Any thread.
    /// </summary>
    public ISubscriberGroup?[] Groups { get; }

    /// <summary>The topic's bounds; for a pattern, those of topics in general. Any thread.</summary>
    public TopicRetention Retention { get; }

    /// <summary>The segment that is appended to.</summary>
    public LogSegment Head { get; private protected set; }

    /// <summary>Subscriptions of this log, joined or about to join; it is not removed while there are any.</summary>
    public int Subscribers { get; set; }

    /// <summary>When the log was last used, in the engine's milliseconds.</summary>
    public long LastUsed { get; set; }

    /// <summary>The last publish that appended here, so that one publish lists a log once.</summary>
    public long PublishStamp { get; set; }

    /// <summary>Which part of this log memory and the store hold. The marks of memory: any thread.</summary>
    public ref LogMarks Marks => ref _marks;

    /// <summary>
    /// Every live event of this log after this id is retained; an event at or below it may not be. A subscriber whose position is lower has
    /// lost something. Any thread.
    /// </summary>
    public EventId EvictedThrough => new(Volatile.Read(ref _evictedThrough));

    /// <summary>The number of evictions. A subscriber to which all of them were announced has lost nothing else. Any thread.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>Bytes of all frames ever appended: how far apart two subscribers are. Any thread.</summary>
    public long AppendedBytes => Volatile.Read(ref _appendedBytes);

    /// <summary>Events ever appended. Any thread.</summary>
    public long AppendedEvents => Volatile.Read(ref _appendedEvents);

    /// <summary>
    /// Every event up to this id was handed to all live subscribers of this log, those that are neither blocked nor catching up: without a
    /// store, what comes after it must not be evicted yet. Any thread.
    /// </summary>
    public EventId HandedThrough
    {
        get
        {
            var least = new EventId(long.MaxValue);
            foreach (ref var slot in Groups.AsSpan())
                if (Volatile.Read(ref slot) is { } group && group.HandedThrough is var handed && handed < least) least = handed;
            return least;
        }
    }

    /// <summary>Counts an eviction of events through an id. Called before they are dropped.</summary>
    public virtual void EvictThrough(EventId id)
    {
        if (id > EvictedThrough) Volatile.Write(ref _evictedThrough, id.Value);
        Volatile.Write(ref _evictions, _evictions + 1);
    }

    /// <summary>The last event that the evictions after the first <paramref name="known"/> took; the default if there were none.</summary>
    public virtual EventId EvictedSince(long known) => Evictions > known ? EvictedThrough : default;

    /// <summary>Moves a cursor to the first retained entry after an id.</summary>
    public virtual void Seek(ref Cursor cursor, EventId after)
    {
        int low = 0, high = Segments.Count - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var segment = Segments[middle];
            if (segment.Count == 0 || segment.LastId <= after) low = middle + 1;
            else high = middle;
        }

        var index = Segments[low].FindAfter(after);
        // A pattern's log may still refer to evicted events; EvictedThrough covers their loss.
        while ((index = Segments[low].FindRetained(index)) == Segments[low].Count && low < Segments.Count - 1) (low, index) = (low + 1, 0);
        (cursor.Segment, cursor.Index) = (Segments[low], index);
    }

    /// <summary>
    /// The last event of this log at or before an id, as far as the log knows: of dropped events it knows the last. The default if there
    /// was none.
    /// </summary>
    public virtual EventId LastThrough(EventId through)
    {
        var last = EvictedThrough <= through ? EvictedThrough : default;
        if (_marks.MemoryStart <= through && _marks.MemoryStart > last) last = _marks.MemoryStart;
        if (FindSegmentBefore(new(through.Value + 1)) is not { } segment) return last;
        var id = segment.Entries![segment.FindAfter(through) - 1].Id;
        return id > last ? id : last;
    }

    /// <summary>The last segment that has an entry below an id; null if there is none.</summary>
    public virtual LogSegment? SegmentBefore(EventId id) => FindSegmentBefore(id);

    private protected LogSegment? FindSegmentBefore(EventId id)
    {
        int low = 0, high = Segments.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Segments[middle].Count > 0 && Segments[middle].FirstId < id) low = middle + 1;
            else high = middle;
        }

        return low == 0 ? null : Segments[low - 1];
    }

    private protected void CountAppended(int length)
    {
        Volatile.Write(ref _appendedBytes, _appendedBytes + length);
        Volatile.Write(ref _appendedEvents, _appendedEvents + 1);
    }

    private protected void AddSegment(LogSegment segment)
    {
        var last = Head;
        Segments.Enqueue(segment);
        Head = segment;
        last.Link(segment);
    }
}

/// <summary>
/// The subscribers that one shard serves from a log, as the log sees them: how far they have come bounds what may be evicted. Implemented
/// by Delivery. Any thread.
/// </summary>
internal interface ISubscriberGroup
{
    /// <summary>
    /// Every event of the log up to this id was handed to each subscriber that is neither blocked nor catching up; the highest id there is
    /// if there is no subscriber.
    /// </summary>
    EventId HandedThrough { get; }
}
