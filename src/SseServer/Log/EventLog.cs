using SseServer.Delivery;
using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// A log that cursors read: a chain of segments, appended to under the hub's lock and read without one. A topic is a log whose
/// segments hold frames; a pattern is a log whose entries point into its topics' segments.
/// </summary>
internal abstract class EventLog
{
    private protected SegmentQueue Segments = new();
    private long _evictedThrough;
    private long _droppedThrough;
    private long _missedThrough;
    private long _evictions;
    private long _appendedBytes;
    private long _appendedEvents;

    private protected EventLog(byte[] name, int shards, TopicRetention retention)
    {
        Name = name;
        Retention = retention;
        Groups = new ReaderGroup?[shards];
        Head = new LogSegment(0, 0);
        Segments.Enqueue(Head);
    }

    /// <summary>The topic's name or the pattern's text.</summary>
    public byte[] Name { get; }

    /// <summary>The readers of this log, one group a shard; a slot is filled by its shard when its first reader joins.</summary>
    public ReaderGroup?[] Groups { get; }

    /// <summary>The segment that is appended to.</summary>
    public LogSegment Head { get; private protected set; }

    /// <summary>Subscriptions that hold this log, joined or about to join; it is not removed under them. Under the hub's lock.</summary>
    public int HoldersUnderLock { get; set; }

    /// <summary>When the log was last of use to anyone, in the hub's clock. Under the hub's lock.</summary>
    public long LastUsedUnderLock { get; set; }

    /// <summary>The last publish that appended here, so that one publish marks a log's readers once. Under the hub's lock.</summary>
    public long PublishStampUnderLock { get; set; }

    /// <summary>
    /// Every event of this log after this id is retained; this one, if it was ever of this log, is not. A reader that stands
    /// before it has lost something. It is raised before the segment is dropped, so whoever finds the segment gone finds this raised.
    /// </summary>
    public EventId EvictedThrough => new(Volatile.Read(ref _evictedThrough));

    /// <summary>
    /// Every retained event of this log after this id stands in memory; at or below it only a store may hold some, so without a store it is never
    /// raised. It too is raised before the segment is dropped.
    /// </summary>
    public EventId DroppedThrough => new(Volatile.Read(ref _droppedThrough));

    /// <summary>
    /// Every retained event of this log after this id that no newer one of its key has superseded stands in memory: for readers that want no others. At or below
    /// <see cref="DroppedThrough"/>, and raised as it is.
    /// </summary>
    public EventId MissedThrough => new(Volatile.Read(ref _missedThrough));

    /// <summary>How often something was let go: a reader that knows of all evictions has nothing more to hear.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>Bytes of frames ever appended: how far apart two readers are.</summary>
    public long AppendedBytes => Volatile.Read(ref _appendedBytes);

    /// <summary>Events ever appended.</summary>
    public long AppendedEvents => Volatile.Read(ref _appendedEvents);

    /// <summary>The topic's bounds; for a pattern, those of topics in general.</summary>
    public TopicRetention Retention { get; }

    /// <summary>
    /// Every event up to this id was handed to all live readers of this log, those that are neither blocked nor catching up: what comes
    /// after it must not be dropped yet.
    /// </summary>
    public EventId HandedThrough
    {
        get
        {
            var least = new EventId(long.MaxValue);
            foreach (ref var slot in Groups.AsSpan())
                if (Volatile.Read(ref slot) is { } group && group.HandedThrough < least) least = group.HandedThrough;
            return least;
        }
    }

    /// <summary>Takes note that events through an id are gone, before they are.</summary>
    public virtual void EvictThroughUnderLock(EventId id)
    {
        if (id > EvictedThrough) Volatile.Write(ref _evictedThrough, id.Value);
        Volatile.Write(ref _evictions, _evictions + 1);
    }

    /// <summary>Takes note that events through an id are no longer in memory, before they are not.</summary>
    public void DropThroughUnderLock(EventId id)
    {
        if (id > DroppedThrough) Volatile.Write(ref _droppedThrough, id.Value);
    }

    /// <summary>Takes note that events through an id, not superseded ones, are no longer in memory, before they are not.</summary>
    public void MissThroughUnderLock(EventId id)
    {
        if (id > MissedThrough) Volatile.Write(ref _missedThrough, id.Value);
    }

    /// <summary>The last event that the evictions after the first <paramref name="known"/> took; the default where there were none.</summary>
    public virtual EventId EvictedSinceUnderLock(long known) => Evictions > known ? EvictedThrough : default;

    /// <summary>Puts the cursor before the first retained entry after an id.</summary>
    public virtual void PlaceUnderLock(ref Cursor cursor, EventId after)
    {
        int low = 0, high = Segments.Count - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var segment = Segments[middle];
            if (segment.Count == 0 || segment.LastIdUnderLock <= after) low = middle + 1;
            else high = middle;
        }

        var index = Segments[low].FindAfterUnderLock(after);
        // A pattern's index may still name events whose bytes are gone; whoever is owed them is told by EvictedThrough.
        while ((index = Segments[low].FindRetainedUnderLock(index)) == Segments[low].Count && low < Segments.Count - 1) (low, index) = (low + 1, 0);
        (cursor.Segment, cursor.Index) = (Segments[low], index);
    }

    /// <summary>
    /// The last event that this log has or had at or before an id, as far as it knows: of what it dropped or let go it knows the last.
    /// The default where there was none.
    /// </summary>
    public virtual EventId LastThroughUnderLock(EventId through)
    {
        var last = EvictedThrough <= through ? EvictedThrough : default;
        if (DroppedThrough <= through && DroppedThrough > last) last = DroppedThrough;
        int low = 0, high = Segments.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Segments[middle].Count > 0 && Segments[middle].FirstIdUnderLock <= through) low = middle + 1;
            else high = middle;
        }

        if (low == 0) return last;
        var segment = Segments[low - 1];
        var id = segment.Entries![segment.FindAfterUnderLock(through) - 1].Id;
        return id > last ? id : last;
    }

    private protected void CountAppendedUnderLock(int length)
    {
        Volatile.Write(ref _appendedBytes, _appendedBytes + length);
        Volatile.Write(ref _appendedEvents, _appendedEvents + 1);
    }

    private protected void AddSegmentUnderLock(LogSegment segment)
    {
        var last = Head;
        Segments.Enqueue(segment);
        Head = segment;
        last.LinkUnderLock(segment);
    }
}
