namespace SseServer.Hub;

/// <summary>
/// The log of a pattern: references to the entries of all topics it matches, in id order, shared by all readers of the pattern.
/// It holds no bytes; its retention is its topics'. Registered at a head H: publishers append what comes after H, and
/// the history up to H is merged from the topics off the lock and then put in front, before anyone reads.
/// </summary>
internal sealed class PatternIndex : EventLog
{
    private const int SegmentEntries = 512;

    private int _trimPosition;

    public PatternIndex(TopicPattern pattern, int shards, TopicRetention retention)
        : base(pattern.Utf8.ToArray(), shards, retention) => Pattern = pattern;

    public TopicPattern Pattern { get; }

    /// <summary>Completes when history stands in front and readers may join.</summary>
    public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void AppendUnderLock(in LogEntry entry)
    {
        if (Head.Count == SegmentEntries) AddSegmentUnderLock(new LogSegment(0, entryCapacity: 4));
        Head.CommitUnderLock(entry);
        CountAppendedUnderLock(entry.Length);
    }

    /// <summary>
    /// The entries up to <paramref name="head"/> of some topics, merged by id. Walks the segments as a reader does, without the lock.
    /// </summary>
    public static List<LogSegment> MergeHistory(List<LogSegment> topics, EventId head)
    {
        var queue = new PriorityQueue<Cursor, long>(topics.Count);
        foreach (var segment in topics)
        {
            var cursor = new Cursor { Segment = segment };
            if (TryPeek(ref cursor, head, out var entry)) queue.Enqueue(cursor, entry.Id.Value);
        }

        var merged = new List<LogSegment>();
        while (queue.TryPeek(out var cursor, out _))
        {
            if (TryPeek(ref cursor, head, out var entry))
            {
                if (merged.Count == 0 || merged[^1].Count == SegmentEntries) merged.Add(new LogSegment(0, SegmentEntries));
                merged[^1].CommitUnderLock(entry);
                cursor.Index++;
            }

            if (TryPeek(ref cursor, head, out var next)) queue.DequeueEnqueue(cursor, next.Id.Value);
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
        foreach (var segment in history) Enqueue(segment);
        for (var i = 0; i < live.Count; i++) Enqueue(live[i]);

        void Enqueue(LogSegment segment)
        {
            last?.LinkUnderLock(segment);
            Segments.Enqueue(segment);
            last = segment;
        }
    }

    /// <summary>
    /// Lets go of references to events that are gone: segments that hold none but such are dropped, and those that are mostly such are
    /// written anew. Looks at some segments a call, going round, so that no call holds the lock for long.
    /// </summary>
    public void TrimUnderLock(int segments)
    {
        while (Segments.Count > 1 && CountLive(Segments[0]) == 0) Segments.Dequeue().DropUnderLock();
        for (; segments > 0; segments--)
        {
            // The head is still appended to, and the first needs no predecessor to be linked anew.
            if (++_trimPosition >= Segments.Count - 1) _trimPosition = 0;
            var segment = Segments[_trimPosition];
            if (segment == Head || _trimPosition == 0) return;
            var live = CountLive(segment);
            if (live * 2 <= segment.Count && segment.Count > 1) ReplaceUnderLock(_trimPosition, Compact(segment, live));
        }
    }

    private void ReplaceUnderLock(int position, LogSegment compact)
    {
        var segment = Segments[position];
        compact.LinkUnderLock(segment.Next!);
        Segments[position - 1].LinkUnderLock(compact);
        Segments[position] = compact;
        segment.DropUnderLock();
    }

    // One entry at least stays, dead or not: a segment in the middle of the chain has a first and a last id.
    private static LogSegment Compact(LogSegment segment, int live)
    {
        var compact = new LogSegment(0, Math.Max(1, live));
        var entries = segment.Entries.AsSpan(0, segment.Count);
        foreach (ref readonly var entry in entries)
            if (!entry.Home.IsDropped) compact.CommitUnderLock(entry);
        if (compact.Count == 0) compact.CommitUnderLock(entries[^1]);
        return compact;
    }

    private static int CountLive(LogSegment segment)
    {
        var live = 0;
        foreach (ref readonly var entry in segment.Entries.AsSpan(0, segment.Count))
            if (!entry.Home.IsDropped) live++;
        return live;
    }

    private static bool TryPeek(ref Cursor cursor, EventId head, out LogEntry entry)
    {
        entry = default;
        if (cursor.Look(default, out var entries, out _, out _) != Cursor.Sight.Entry || entries[cursor.Index].Id > head) return false;
        entry = entries[cursor.Index];
        return true;
    }
}
