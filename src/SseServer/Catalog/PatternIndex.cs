using System.Runtime.CompilerServices;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// The log of a pattern: references to the entries of all topics it matches, in id order, shared by all readers of the pattern.
/// It holds no bytes; its retention is its topics'. Registered at a head H: publishers append what comes after H, and
/// the history up to H is merged from the topics off the lock and then put in front, before anyone reads (<see cref="PatternOpening"/>).
/// </summary>
internal sealed class PatternIndex : EventLog
{
    /// <summary>References in a full segment.</summary>
    public const int SegmentEntries = 512;

    private readonly EvictionMarks _marks = new();
    private EventId _takenInThrough;
    private long _dropped;
    private int _trimPosition;

    /// <param name="pattern">Which topics are its own.</param>
    /// <param name="shards">The hub's shards.</param>
    /// <param name="retention">The bounds of topics in general.</param>
    /// <param name="registeredAt">The hub's head: what comes after it is appended, what stands up to it is merged.</param>
    public PatternIndex(TopicPattern pattern, int shards, TopicRetention retention, EventId registeredAt)
        : base(pattern.Utf8.ToArray(), shards, retention) => (Pattern, RegisteredAt) = (pattern, registeredAt);

    /// <summary>
    /// Bytes of memory that a reference stands for in the hub's bound. References to events that are gone take as much again at most,
    /// until they are trimmed.
    /// </summary>
    public static int ReferenceCost => Unsafe.SizeOf<LogEntry>();

    public TopicPattern Pattern { get; }

    public EventId RegisteredAt { get; }

    /// <summary>Its place in the hub's table of patterns.</summary>
    public int Slot { get; set; }

    /// <summary>Its number, higher than those of all patterns before it.</summary>
    public long Serial { get; set; }

    /// <summary>Bytes that its references take, also those to events that are gone.</summary>
    public long CostUnderLock => CountUnderLock * ReferenceCost;

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
    /// Takes in a topic that was there before the pattern: how far its history was let go. Said to readers once the pattern opens.
    /// </summary>
    public void TakeInUnderLock(Topic topic)
    {
        if (topic.EvictedThrough > _takenInThrough) _takenInThrough = topic.EvictedThrough;
        DropThroughUnderLock(topic.DroppedThrough);
        MissThroughUnderLock(topic.MissedThrough);
    }

    /// <summary>
    /// Puts merged history before what was appended since the pattern was registered, and takes note of what had been let go before, of
    /// topics that are there and of others.
    /// </summary>
    public void OpenUnderLock(List<LogSegment> history, SegmentQueue queue, EventId evictedThrough)
    {
        EvictThroughUnderLock(_takenInThrough > evictedThrough ? _takenInThrough : evictedThrough);
        if (history.Count == 0) return;
        foreach (var segment in history) CountUnderLock += segment.Count;
        history[^1].LinkUnderLock(Segments[0]);
        for (var i = 0; i < Segments.Count; i++) queue.Enqueue(Segments[i]);
        Segments = queue;
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
        for (; position < Segments.Count - 1 && budget > 0; position++, budget--)
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
}
