using SseServer.Protocol.Topics;

namespace SseServer.Hub;

/// <summary>
/// The log of a pattern: references to the entries of all topics it matches, in id order, shared by all readers of the pattern.
/// It holds no bytes; its retention is its topics'. Registered at a head H: publishers append what comes after H, and
/// the history up to H is merged from the topics off the lock and then put in front, before anyone reads.
/// </summary>
internal sealed class PatternIndex : EventLog
{
    private const int SegmentEntries = 512;

    private readonly EvictionMarks _marks = new();
    private long _dropped;
    private int _trimPosition;

    public PatternIndex(TopicPattern pattern, int shards, TopicRetention retention)
        : base(pattern.Utf8.ToArray(), shards, retention) => Pattern = pattern;

    public TopicPattern Pattern { get; }

    /// <summary>Completes when history stands in front and readers may join.</summary>
    public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>References held, also to events that are gone.</summary>
    public long CountUnderLock { get; private set; }

    public int SegmentCountUnderLock => Segments.Count;

    public void AppendUnderLock(in LogEntry entry)
    {
        CountUnderLock++;
        if (Head.Count == SegmentEntries) AddSegmentUnderLock(new LogSegment(0, entryCapacity: 4));
        Head.CommitUnderLock(entry);
        CountAppendedUnderLock(entry.Length);
    }

    public override void EvictThroughUnderLock(EventId id)
    {
        base.EvictThroughUnderLock(id);
        _marks.Add(Evictions, id);
    }

    public override EventId EvictedSinceUnderLock(long known) => _marks.HighestAfter(known);

    /// <summary>
    /// Takes note that a topic drops some events from memory, the last of them <paramref name="through"/>, the last that is not superseded <paramref name="missed"/>.
    /// </summary>
    public void DropUnderLock(EventId through, int events, EventId missed)
    {
        DropThroughUnderLock(through);
        MissThroughUnderLock(missed);
        _dropped += events;
    }

    /// <summary>Takes note that a topic keeps some events no longer that it had kept beyond its bounds.</summary>
    public void CountGoneUnderLock(int events) => _dropped += events;

    /// <summary>
    /// The entries up to <paramref name="head"/> of some topics, merged by id. Walks the segments as a reader does, with the lock held only
    /// to find its place again where a topic lets go of what is being walked.
    /// </summary>
    public static List<LogSegment> MergeHistory(List<Topic> topics, EventId head, Lock gate)
    {
        var last = default(EventId);
        var queue = new PriorityQueue<Cursor, long>(topics.Count);
        foreach (var topic in topics)
        {
            var cursor = new Cursor { Log = topic };
            lock (gate) topic.PlaceUnderLock(ref cursor, last);
            if (TryPeek(ref cursor, last, head, gate, out var entry)) queue.Enqueue(cursor, entry.Id.Value);
        }

        var merged = new List<LogSegment>();
        while (queue.TryPeek(out var cursor, out var due))
        {
            // An entry that is not the one queued for stands behind some that were let go meanwhile; it waits for its turn.
            if (TryPeek(ref cursor, last, head, gate, out var entry) && entry.Id.Value == due)
            {
                if (merged.Count == 0 || merged[^1].Count == SegmentEntries) merged.Add(new LogSegment(0, SegmentEntries));
                merged[^1].CommitUnderLock(entry);
                last = entry.Id;
            }

            if (TryPeek(ref cursor, last, head, gate, out var next)) queue.DequeueEnqueue(cursor, next.Id.Value);
            else queue.Dequeue();
        }

        return merged;
    }

    /// <summary>Puts merged history before what was appended since the pattern was registered.</summary>
    public void PrependHistoryUnderLock(List<LogSegment> history)
    {
        var live = Segments;
        Segments = new SegmentQueue();
        LogSegment? last = null;
        foreach (var segment in history)
        {
            CountUnderLock += segment.Count;
            Enqueue(segment);
        }

        for (var i = 0; i < live.Count; i++) Enqueue(live[i]);

        void Enqueue(LogSegment segment)
        {
            last?.LinkUnderLock(segment);
            Segments.Enqueue(segment);
            last = segment;
        }
    }

    /// <summary>
    /// Lets go of references to events that are gone: drops the oldest segments that hold none but such, and once half of all
    /// references are such, writes the rest anew, small segments together. Looks at some segments a call, so that no call holds the
    /// lock for long; returns whether more is to do.
    /// </summary>
    public bool TrimUnderLock(int segments)
    {
        for (; segments > 0; segments--)
        {
            if (_trimPosition == 0)
            {
                if (Segments.Count == 1) return false;
                if (CountLive(Segments[0]) == 0)
                {
                    CountUnderLock -= Segments[0].Count;
                    Segments.Dequeue().DropUnderLock();
                    continue;
                }

                // Going round looks at every reference, so it is done when it gets rid of as many as it leaves.
                if (_dropped < Math.Max(SegmentEntries, CountUnderLock / 2)) return false;
                _dropped = 0;
            }

            CompactUnderLock(ref _trimPosition, ref segments);
            // The head is still appended to.
            if (_trimPosition < Segments.Count - 1) continue;
            _trimPosition = 0;
            return false;
        }

        return true;
    }

    /// <summary>Writes a run of segments anew as one where that is worth it, and moves behind it.</summary>
    private void CompactUnderLock(ref int position, ref int budget)
    {
        var (first, live, count) = (position, 0, 0);
        for (; position < Segments.Count - 1; position++, budget--)
        {
            var more = CountLive(Segments[position]);
            if (live + more > SegmentEntries) break;
            live += more;
            count += Segments[position].Count;
        }

        var run = position - first;
        if (live * 2 > count && (run < 2 || live * 2 > SegmentEntries)) return;
        var compact = new LogSegment(0, live);
        for (var i = first; i < position; i++) CopyLive(Segments[i], compact);
        compact.LinkUnderLock(Segments[position]);
        var kept = live > 0 ? 1 : 0;
        RemoveUnderLock(first + kept, run - kept);
        position = first + kept;
        if (kept > 0) ReplaceUnderLock(first, compact);
    }

    // The segment before still links to the dropped one. So a cursor that comes from there is placed again and hears of what it lost;
    // a link to the compact one would lead it past that in silence.
    private void ReplaceUnderLock(int position, LogSegment compact)
    {
        CountUnderLock += compact.Count - Segments[position].Count;
        Segments[position].DropUnderLock();
        Segments[position] = compact;
    }

    private void RemoveUnderLock(int first, int run)
    {
        for (var i = first; i < first + run; i++)
        {
            CountUnderLock -= Segments[i].Count;
            Segments[i].DropUnderLock();
        }

        Segments.RemoveRange(first, run);
    }

    private static void CopyLive(LogSegment from, LogSegment to)
    {
        foreach (ref readonly var entry in from.Entries.AsSpan(0, from.Count))
            if (entry.IsRetainedUnderLock) to.CommitUnderLock(entry);
    }

    private static int CountLive(LogSegment segment)
    {
        var live = 0;
        foreach (ref readonly var entry in segment.Entries.AsSpan(0, segment.Count))
            if (entry.IsRetainedUnderLock) live++;
        return live;
    }

    private static bool TryPeek(ref Cursor cursor, EventId after, EventId head, Lock gate, out LogEntry entry)
    {
        while (true)
        {
            switch (cursor.Look(after, out var entries, out _))
            {
                case Cursor.Sight.Dropped:
                    lock (gate) cursor.Log.PlaceUnderLock(ref cursor, after);
                    continue;
                case Cursor.Sight.Entry when entries[cursor.Index].Id <= head:
                    entry = entries[cursor.Index];
                    return true;
                default:
                    entry = default;
                    return false;
            }
        }
    }
}
