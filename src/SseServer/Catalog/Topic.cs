using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;

namespace SseServer.Catalog;

/// <summary>A topic: a log of frames. Appended to and trimmed under the hub's lock, read by cursors without one.</summary>
internal sealed partial class Topic : EventLog
{
    private const int MinSegmentBytes = 1024;

    /// <summary>Below the large object heap's threshold of 85,000 bytes.</summary>
    public const int MaxSegmentBytes = 64 * 1024;

    private long _cost;

    public Topic(byte[] name, int shards, TopicRetention retention)
        : base(name, shards, retention)
    {
    }

    /// <summary>When publishers are answered.</summary>
    public Durability Durability { get; init; }

    /// <summary>Where the hub's list of topics has it; -1 once it was removed.</summary>
    public int PositionUnderLock { get; set; }

    /// <summary>The hub has removed it. There may be another topic of its name, whose events in the store are none of its own.</summary>
    public bool IsRemovedUnderLock => PositionUnderLock < 0;

    /// <summary>No publisher has named it yet: it is there because some reader asked for it.</summary>
    public bool IsReadersOnlyUnderLock { get; set; } = true;

    /// <summary>Changes of its number of readers are noted for those who tell of them.</summary>
    public bool IsWatched { get; init; }

    /// <summary>It stands in the hub's list of topics with other readers than before.</summary>
    public bool AreReadersNotedUnderLock { get; set; }

    /// <summary>Retained events.</summary>
    public int CountUnderLock { get; private set; }

    /// <summary>Bytes of retained frames.</summary>
    public long BytesUnderLock { get; private set; }

    /// <summary>Bytes of memory that the retained history stands for, with the references that patterns hold to it.</summary>
    public long CostUnderLock => _cost + (_keyed?.Cost ?? 0) + ReferenceCost;

    /// <summary>What all of it adds to the hub's sums.</summary>
    public TopicFootprint FootprintUnderLock => new(CostUnderLock, CountUnderLock + KeptUnderLock, KeptUnderLock, _keyed?.KeptBytes ?? 0);

    /// <summary>Nothing of it is retained in memory.</summary>
    public bool IsEmptyUnderLock => CountUnderLock == 0 && KeptUnderLock == 0;

    /// <summary>What there is of it, for operators.</summary>
    public TopicState StateUnderLock => new(
        Name, HoldersUnderLock, CountUnderLock, BytesUnderLock,
        CountUnderLock > 0 ? Head.LastIdUnderLock : CommittedThroughUnderLock.Value > 0 ? CommittedThroughUnderLock : null);

    /// <summary>Appends an event of a batch that has its id.</summary>
    public LogEntry AppendUnderLock(PublishBatch batch, in PublishBatch.Item item)
    {
        var id = item.Id;
        var block = batch.BlockOf(item);
        var hasPublisherId = item.PublisherIdLength > 0;
        Span<byte> idText = stackalloc byte[EventId.MaxTextLength];
        idText = idText[..id.Format(idText)];
        var length = EventFrame.Measure(idText.Length, block.Length, hasPublisherId);
        var segment = SegmentForUnderLock(length, id.Milliseconds);
        var costBefore = segment.Cost;
        EventFrame.Write(segment.ReserveUnderLock(length), idText, block, hasPublisherId, out var prefixLength);
        var entry = new LogEntry
        {
            Id = id,
            Home = segment,
            Key = KeyUnderLock(batch.KeyOf(item)),
            Offset = segment.Used,
            Length = length,
            TypeHash = item.TypeHash,
            PrefixLength = (byte)prefixLength,
            HasPublisherId = hasPublisherId,
            IsFinal = item.IsFinal,
        };
        segment.CommitUnderLock(entry);
        CountUnderLock++;
        BytesUnderLock += length;
        _cost += segment.Cost - costBefore;
        CountAppendedUnderLock(length);
        return entry;
    }

    /// <summary>Whether the oldest segment is over the topic's bounds at a time.</summary>
    public bool IsOverRetentionUnderLock(long nowMilliseconds)
    {
        if (CountUnderLock == 0) return false;
        var oldest = OldestUnderLock();
        return CountUnderLock - oldest.Count >= Retention.MaxEvents
            || (BytesUnderLock > Retention.MaxBytes && oldest != Head)
            || oldest.LastIdUnderLock.Milliseconds < nowMilliseconds - (long)Retention.MaxAge.TotalMilliseconds;
    }

    /// <summary>Whether there is a segment to drop, and all its events are at or below <paramref name="through"/>.</summary>
    public bool MayDropUnderLock(EventId through) => CountUnderLock > 0 && OldestUnderLock().LastIdUnderLock <= through;

    /// <summary>
    /// Every event up to this id was handed to all live readers of this topic and of the patterns that match it.
    /// </summary>
    public EventId HandedToAllUnderLock
    {
        get
        {
            var least = HandedThrough;
            foreach (var pattern in PatternsUnderLock)
                if (pattern.HandedThrough is var through && through < least) least = through;
            return least;
        }
    }

    /// <summary>Where the hub's order of topics by size has it.</summary>
    public LinkedListNode<Topic>? SizeNodeUnderLock { get; set; }

    /// <summary>What the log holds in memory comes after this id; the highest id there is where it holds nothing.</summary>
    public EventId HeldAfterUnderLock => new(CountUnderLock > 0 ? OldestUnderLock().FirstIdUnderLock.Value - 1 : long.MaxValue);

    /// <summary>
    /// Drops the oldest segment that holds events from memory, but for the newest of each key, and its publishers' ids from the index.
    /// Returns the work that it was, for
    /// <see cref="HoldWork"/>.
    /// </summary>
    public int DropOldestUnderLock(PublisherIdIndex publisherIds)
    {
        if (Segments[0].Count == 0) Segments.Dequeue().DropUnderLock();
        var segment = Segments.Dequeue();
        var last = segment.LastIdUnderLock;
        var (kept, missed) = _keyed is null ? (0, last) : _keyed.KeepUnderLock(segment);
        var stored = last > TrimmedThroughUnderLock ? last : default;
        DropThroughUnderLock(stored);
        MissThroughUnderLock(missed);
        foreach (var pattern in PatternsUnderLock) pattern.DropUnderLock(stored, segment.Count - kept, missed);
        LoseUnderLock();
        var forgotten = publisherIds.ForgetUnderLock(this, segment);
        var work = 16 + segment.Count / 16 + 2 * _matchedCount + forgotten + (_keyed is null ? 0 : segment.Count);
        CountUnderLock -= segment.Count;
        BytesUnderLock -= segment.Used;
        _cost -= segment.Cost;
        if (segment == Head)
        {
            Head = new LogSegment(0, 0);
            Segments.Enqueue(Head);
        }

        segment.DropUnderLock();
        if (_keyed is not null) BoundKeptUnderLock();
        return work;
    }

    // The first segment of a log is an empty one that gives cursors a place before there is an event.
    private LogSegment OldestUnderLock() => Segments[0].Count == 0 ? Segments[1] : Segments[0];

    private LogSegment SegmentForUnderLock(int length, long nowMilliseconds)
    {
        var head = Head;
        if (head.Count > 0 && head.HasRoomUnderLock(length) && head.Count < Retention.SegmentEvents
            && nowMilliseconds - head.FirstIdUnderLock.Milliseconds < Retention.SegmentMilliseconds) return head;
        var wasFull = head.Count > 0 && !head.HasRoomUnderLock(length);
        var capacity = wasFull ? head.ByteCapacity * 2 : Math.Max(MinSegmentBytes, head.Used);
        capacity = Math.Max(length, Math.Min(capacity, Retention.SegmentBytes));
        // As many entries as the last segment's frames would make in this one, so that the index seldom grows.
        var entries = head.Used == 0 ? 8 : (int)((long)head.Count * capacity / head.Used) + 1;
        var segment = new LogSegment(capacity, Math.Min(entries, Retention.SegmentEvents));
        _cost += segment.Cost;
        AddSegmentUnderLock(segment);
        return segment;
    }
}
