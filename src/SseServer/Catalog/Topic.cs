using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>
/// A topic: a log of frames, and what the catalog knows of it. This file has its identity, appending and its end; <c>Topic.Eviction</c>
/// what leaves it, <c>Topic.Patterns</c> the patterns that match it. Everything is under the lock, unless it says "any thread".
/// </summary>
internal sealed partial class Topic : EventLog
{
    private const int MinSegmentBytes = 1024;

    private long _cost;
    private long _endId;
    private long _deletedThrough;

    public Topic(byte[] name, int shards, TopicRetention retention)
        : base(name, shards, retention)
    {
    }

    /// <summary>When publishers are answered. Any thread.</summary>
    public Durability Durability { get; init; }

    /// <summary>Whether changes of its number of subscribers are recorded for presence. Any thread.</summary>
    public bool IsWatched { get; init; }

    /// <summary>Its index in the table of topics; -1 once it was removed.</summary>
    public int Position { get; set; }

    /// <summary>It was removed. Another topic may have its name now, and the stored events of that name.</summary>
    public bool IsRemoved => Position < 0;

    /// <summary>No publisher has named it yet: it exists because a subscriber asked for it.</summary>
    public bool IsForSubscribersOnly { get; set; } = true;

    /// <summary>Presence has yet to take a change of its number of subscribers.</summary>
    public bool IsChangeNoted { get; set; }

    /// <summary>Events that wait for their commit; the topic is not removed while there are any.</summary>
    public int Pending { get; set; }

    /// <summary>The newest event of this topic that the store ever got; the default if it got none.</summary>
    public EventId CommittedThrough { get; set; }

    /// <summary>Its node in the order of topics by size.</summary>
    public LinkedListNode<Topic>? SizeNode { get; set; }

    /// <summary>Its node among the ended topics without events; null if it is not among them.</summary>
    public LinkedListNode<Topic>? EndNode { get; set; }

    /// <summary>Events in the log's segments, without the compacted ones.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of their frames.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of memory that the history takes, with the references that patterns hold to it.</summary>
    public long Cost => _cost + (_compacted?.Cost ?? 0) + ReferenceCost;

    /// <summary>What it adds to the sums over all topics.</summary>
    public TopicFootprint Footprint => new(Cost, Count + CompactedCount, CompactedCount, _compacted?.CompactedBytes ?? 0);

    /// <summary>Nothing of it is in memory.</summary>
    public bool IsEmpty => Count == 0 && CompactedCount == 0;

    /// <summary>Some of it is in memory or in the store.</summary>
    public bool HasEvents => !IsEmpty || HasStoredEvents;

    /// <summary>The store may hold some of it.</summary>
    public bool HasStoredEvents => CommittedThrough > Marks.StoreStart;

    /// <summary>What operators see of it.</summary>
    public TopicState State
        => new(Name, Subscribers, Count, Bytes, Count > 0 ? Head.LastId : CommittedThrough.Value > 0 ? CommittedThrough : null);

    /// <summary>
    /// The entry that the topic ended with, after which nothing is appended; the default if it has not ended. It is set after the head, so
    /// a subscriber that finds it and then has all its cursors at the head has got everything up to the end. Any thread.
    /// </summary>
    public EventId EndId => new(Volatile.Read(ref _endId));

    /// <summary>Any thread.</summary>
    public bool HasEnded => EndId.Value != 0;

    /// <summary>The end is known to be an event, whose id clients get with it. Read after <see cref="EndId"/>. Any thread.</summary>
    public bool EndIsEvent { get; private set; }

    /// <summary>
    /// The id of the topic's last deletion; the default if it was never deleted. Streams that joined before it end there; what comes after
    /// it is a new topic's. Set after the head. Any thread.
    /// </summary>
    public EventId DeletedThrough => new(Volatile.Read(ref _deletedThrough));

    /// <summary>The topic was deleted, and nobody has published to it since.</summary>
    public bool IsDeleted { get; private set; }

    /// <summary>It has ended or was deleted: it is kept only so that subscribers learn of it.</summary>
    public bool IsClosed => HasEnded || IsDeleted;

    /// <summary>Room for the next event's frame; <see cref="Append"/> takes it up.</summary>
    /// <param name="length">The frame's length in bytes.</param>
    /// <param name="id">The event's id.</param>
    public Span<byte> Reserve(int length, EventId id) => SegmentFor(length, id.Milliseconds).Reserve(length);

    /// <summary>Appends the event whose frame was written to the bytes from <see cref="Reserve"/>.</summary>
    /// <param name="id">Above all ids in the log.</param>
    /// <param name="length">The frame's length in bytes.</param>
    /// <param name="prefixLength">The length of its chunk prefix.</param>
    /// <param name="typeHash">From <see cref="EventFilter.HashOf"/>.</param>
    /// <param name="hasPublisherId">Whether the frame begins with a publisher's id.</param>
    /// <param name="key">The event's key; empty if it has none.</param>
    /// <param name="isFinal">Whether the topic ends with it.</param>
    public LogEntry Append(
        EventId id, int length, int prefixLength, int typeHash, bool hasPublisherId, ReadOnlySpan<byte> key, bool isFinal)
    {
        var segment = Head;
        var costBefore = segment.Cost;
        var entry = new LogEntry
        {
            Id = id,
            Home = segment,
            Key = KeyOf(key),
            Offset = segment.Used,
            Length = length,
            TypeHash = typeHash,
            PrefixLength = (byte)prefixLength,
            HasPublisherId = hasPublisherId,
            IsFinal = isFinal,
        };
        segment.Append(entry);
        Count++;
        Bytes += length;
        IsDeleted = false;
        _cost += segment.Cost - costBefore;
        CountAppended(length);
        return entry;
    }

    /// <summary>Ends the topic with an entry that is in the log.</summary>
    public void End(EventId id, bool isEvent)
    {
        EndIsEvent = isEvent;
        Volatile.Write(ref _endId, id.Value);
    }

    /// <summary>Where the topic is over for a subscription that joined at an id; the default if it is not.</summary>
    public EventId EndFor(EventId joinedAt)
    {
        if (EndId is { Value: not 0 } end) return end;
        return DeletedThrough is var deleted && deleted > joinedAt ? deleted : default;
    }

    /// <summary>Forgets the end or the deletion: the topic is one without events.</summary>
    public void Reopen()
    {
        Volatile.Write(ref _endId, 0);
        IsDeleted = false;
    }

    private LogSegment SegmentFor(int length, long nowMilliseconds)
    {
        var head = Head;
        if (head.Count > 0 && head.HasRoom(length) && head.Count < Retention.SegmentEvents
            && nowMilliseconds - head.FirstId.Milliseconds < Retention.SegmentMilliseconds) return head;
        var wasFull = head.Count > 0 && !head.HasRoom(length);
        var capacity = wasFull ? head.ByteCapacity * 2 : Math.Max(MinSegmentBytes, head.Used);
        capacity = Math.Max(length, Math.Min(capacity, Retention.SegmentBytes));
        // As many entries as fit with frames of the last segment's mean length, so that the index seldom grows.
        var entries = head.Used == 0 ? 8 : (int)((long)head.Count * capacity / head.Used) + 1;
        var segment = new LogSegment(capacity, Math.Min(entries, Retention.SegmentEvents)) { Topic = Name };
        _cost += segment.Cost;
        AddSegment(segment);
        return segment;
    }
}
