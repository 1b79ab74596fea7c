using System.Runtime.CompilerServices;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// The log of a pattern: references to the entries of all topics it matches, in id order, shared by all subscribers of the pattern. It has
/// no bytes of its own; its retention is its topics'. A pattern is registered at a head: publishers append what comes after it, and the
/// history up to it is merged from the topics off the lock and then put in front, before anyone reads (<see cref="PatternOpening"/>).
/// </summary>
internal sealed class PatternLog : EventLog
{
    /// <summary>References in a full segment.</summary>
    public const int SegmentEntries = 512;

    private readonly EvictionMarks _marks = new();
    private EventId _includedThrough;
    private long _dropped;
    private int _trimPosition;

    /// <param name="pattern">Which topics it matches.</param>
    /// <param name="shards">The number of shards.</param>
    /// <param name="retention">The bounds of topics in general.</param>
    /// <param name="registeredAt">The head: what comes after it is appended, what is at or before it is merged.</param>
    public PatternLog(TopicPattern pattern, int shards, TopicRetention retention, EventId registeredAt)
        : base(pattern.Utf8.ToArray(), shards, retention) => (Pattern, RegisteredAt) = (pattern, registeredAt);

    /// <summary>
    /// Bytes of memory that a reference counts for. References to evicted events take at most as much again, until they are trimmed.
    /// </summary>
    public static int ReferenceCost => Unsafe.SizeOf<LogEntry>();

    public TopicPattern Pattern { get; }

    public EventId RegisteredAt { get; }

    /// <summary>Its slot in the table of patterns.</summary>
    public int Slot { get; set; }

    /// <summary>Its number, higher than those of all patterns before it.</summary>
    public long Serial { get; set; }

    /// <summary>Bytes that its references take, including those to evicted events.</summary>
    public long Cost => Count * ReferenceCost;

    /// <summary>Completes when the history is in front and subscribers may join.</summary>
    public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>References held, including those to evicted events.</summary>
    public long Count { get; private set; }

    public void Append(in LogEntry entry)
    {
        Count++;
        if (Head.Count == SegmentEntries) AddSegment(new LogSegment(0, entryCapacity: 4));
        Head.Append(entry);
        CountAppended(entry.Length);
    }

    public override void EvictThrough(EventId id)
    {
        base.EvictThrough(id);
        _marks.Add(Evictions, id);
    }

    public override EventId EvictedSince(long known) => _marks.HighestAfter(known);

    /// <summary>Notes that a topic is about to drop events from memory.</summary>
    /// <param name="through">The last of them that the store has; the default if it has none.</param>
    /// <param name="events">How many there are.</param>
    /// <param name="lastLive">The last of them that is not superseded.</param>
    public void Drop(EventId through, int events, EventId lastLive)
    {
        Marks.RaiseMemory(through);
        Marks.RaiseMemoryLive(lastLive);
        _dropped += events;
    }

    /// <summary>Notes that a topic dropped some of its compacted events.</summary>
    public void CountEvicted(int events) => _dropped += events;

    /// <summary>
    /// Includes a topic older than the pattern: how far its history was evicted, which subscribers learn once the pattern is open.
    /// </summary>
    public void Include(EventLog topic)
    {
        if (topic.EvictedThrough > _includedThrough) _includedThrough = topic.EvictedThrough;
        Marks.RaiseMemory(topic.Marks.MemoryStart);
        Marks.RaiseMemoryLive(topic.Marks.MemoryLiveStart);
    }

    /// <summary>
    /// Puts merged history before what was appended since the pattern was registered, and notes what had been evicted before, of topics
    /// that exist and of others.
    /// </summary>
    public void Open(List<LogSegment> history, SegmentQueue queue, EventId evictedThrough)
    {
        EvictThrough(_includedThrough > evictedThrough ? _includedThrough : evictedThrough);
        if (history.Count == 0) return;
        foreach (var segment in history) Count += segment.Count;
        history[^1].Link(Segments[0]);
        for (var i = 0; i < Segments.Count; i++) queue.Enqueue(Segments[i]);
        Segments = queue;
    }

    /// <summary>
    /// Removes references to evicted events: drops the oldest segments that have no others, and once half of all references are to evicted
    /// events, rewrites the rest, small segments together. Looks at some segments a call, so that no call holds the lock for long; returns
    /// whether there is more to do.
    /// </summary>
    public bool Trim(int segments)
    {
        for (; segments > 0; segments--)
        {
            if (_trimPosition == 0)
            {
                if (Segments.Count == 1) return false;
                if (CountLive(Segments[0]) == 0)
                {
                    Count -= Segments[0].Count;
                    Segments.Dequeue().Drop();
                    continue;
                }

                // A round looks at every reference, so it starts when it can remove about as many as it leaves.
                if (_dropped < Math.Max(SegmentEntries, Count / 2)) return false;
                _dropped = 0;
            }

            Compact(ref _trimPosition, ref segments);
            // The head is still appended to.
            if (_trimPosition < Segments.Count - 1) continue;
            _trimPosition = 0;
            return false;
        }

        return true;
    }

    /// <summary>Rewrites a run of segments as one if that is worth it, and moves past it.</summary>
    private void Compact(ref int position, ref int budget)
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
        compact.Link(Segments[position]);
        var kept = live > 0 ? 1 : 0;
        Remove(first + kept, run - kept);
        position = first + kept;
        if (kept > 0) Replace(first, compact);
    }

    // The segment before still links to the dropped one. So a cursor that comes from there seeks again, and the loss is announced; a link
    // to the compact segment would lead the cursor past the loss silently.
    private void Replace(int position, LogSegment compact)
    {
        Count += compact.Count - Segments[position].Count;
        Segments[position].Drop();
        Segments[position] = compact;
    }

    private void Remove(int first, int run)
    {
        for (var i = first; i < first + run; i++)
        {
            Count -= Segments[i].Count;
            Segments[i].Drop();
        }

        Segments.RemoveRange(first, run);
    }

    private static void CopyLive(LogSegment from, LogSegment to)
    {
        foreach (ref readonly var entry in from.Entries.AsSpan(0, from.Count))
            if (entry.IsRetained) to.Append(entry);
    }

    private static int CountLive(LogSegment segment)
    {
        var live = 0;
        foreach (ref readonly var entry in segment.Entries.AsSpan(0, segment.Count))
            if (entry.IsRetained) live++;
        return live;
    }
}
