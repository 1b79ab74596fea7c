using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Log;

/// <summary>
/// A topic's keys, and the newest event of each key that the log's own segments no longer hold. Created with the topic's first keyed event.
/// Written under the catalog's lock; cursors read its segments without a lock.
/// <para>
/// When the log drops its oldest segment, the live events in it (keyed, not superseded) are copied to a compacted segment, which precedes
/// the log's own segments. A compacted segment is written once, as a whole, and no link leads into it or out of it. So a cursor that
/// reaches its end, or finds its segment dropped, must seek again under the lock, and its subscription checks for losses before it reads
/// on: no loss is silent. If a compacted segment were appended to, or linked to the next one, a cursor that checked before the writer
/// raised the log's marks would walk past events that were dropped between two compacted ones.
/// </para>
/// <para>
/// Every rewrite is paid for by bytes that it frees or by segments that it merges. So the cost of a publish is constant on average, and
/// memory is in proportion to the live events.
/// </para>
/// </summary>
internal sealed class CompactedHistory
{
    // The key object, the header of its text, and its dictionary slot at the usual load.
    private const int KeyCost = 160;

    private readonly Dictionary<byte[], EventKey> _keys = new(Utf8Comparer.Instance);
    private readonly List<LogSegment> _segments = [];
    private int _oldest;

    /// <param name="evictions">The log's evictions so far.</param>
    /// <param name="evictedThrough">How far they reached.</param>
    public CompactedHistory(long evictions, EventId evictedThrough) => Marks.Add(evictions, evictedThrough);

    /// <summary>Compacted events: those retained beyond the log's bounds.</summary>
    public int CompactedCount { get; private set; }

    /// <summary>Bytes of their frames.</summary>
    public long CompactedBytes { get; private set; }

    /// <summary>Bytes of memory that keys and compacted segments take.</summary>
    public long Cost { get; private set; }

    /// <summary>
    /// How far each eviction reached. An eviction of compacted events may reach less far than an earlier one of other events, so each is
    /// recorded, as for a pattern.
    /// </summary>
    public EvictionMarks Marks { get; } = new();

    /// <summary>Finds or creates the key with a text.</summary>
    public EventKey Key(ReadOnlySpan<byte> text)
    {
        var keys = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (keys.TryGetValue(text, out var key)) return key;
        key = new EventKey(text.ToArray());
        _keys.Add(key.Text, key);
        Cost += KeyCost + key.Text.Length;
        return key;
    }

    /// <summary>Supersedes the older event of a new event's key; true if that was a compacted event.</summary>
    public bool Supersede(in LogEntry newest)
    {
        var key = newest.Key!;
        var home = key.Home;
        key.Supersede(newest.Id);
        if (home is not null) Release(home, key.CompactedLength);
        return home is not null;
    }

    /// <summary>Moves a cursor to the first compacted event after an id; false if there is none.</summary>
    public bool TrySeek(ref Cursor cursor, EventId after)
    {
        if (_segments.Count == 0 || _segments[^1].LastId <= after) return false;
        var segment = _segments[Find(new(after.Value + 1))];
        (cursor.Segment, cursor.Index) = (segment, segment.FindAfter(after));
        return true;
    }

    /// <summary>The last compacted segment that has an entry below an id; null if there is none.</summary>
    public LogSegment? SegmentBefore(EventId id)
    {
        if (_segments.Count == 0) return null;
        var position = Find(id);
        if (_segments[position].FirstId >= id) position--;
        return position < 0 ? null : _segments[position];
    }

    /// <summary>The last event at or before an id that is or was in a compacted segment; the default if there is none.</summary>
    public EventId LastThrough(EventId through)
    {
        if (_segments.Count == 0) return default;
        var position = Find(through);
        var index = _segments[position].FindAfter(through);
        if (index > 0) return _segments[position].Entries![index - 1].Id;
        return position > 0 ? _segments[position - 1].LastId : default;
    }

    /// <summary>The oldest compacted event; there must be one.</summary>
    public EventId Oldest()
    {
        while (!IsLive(_segments[0], _segments[0].Entries![_oldest], _segments[0])) _oldest++;
        return _segments[0].Entries![_oldest].Id;
    }

    /// <summary>Drops the oldest compacted event. The log's marks must already cover it.</summary>
    public void DropOldest()
    {
        var id = Oldest();
        var (home, key) = (_segments[0], _segments[0].Entries![LogSegment.FindFrom(_segments[0].Entries!, _segments[0].Count, id)].Key!);
        Forget(key);
        Release(home, key.CompactedLength);
    }

    /// <summary>The last live event of the oldest compacted segment; there must be one.</summary>
    public EventId EndOfOldestSegment()
    {
        var (segment, last) = (_segments[0], _segments[0].Count - 1);
        while (!IsLive(segment, segment.Entries![last], segment)) last--;
        return segment.Entries[last].Id;
    }

    /// <summary>Drops the oldest compacted segment; returns how many live events it had. The log's marks must already cover them.</summary>
    public int DropOldestSegment()
    {
        var segment = _segments[0];
        var count = segment.LiveCount;
        foreach (ref readonly var entry in segment.Entries.AsSpan(0, segment.Count))
            if (IsLive(segment, entry, segment)) Forget(entry.Key!);
        CompactedCount -= count;
        CompactedBytes -= segment.LiveBytes;
        Replace(0, 1, null);
        return count;
    }

    /// <summary>
    /// Copies the live events of the segment that the log is about to drop. Smaller compacted segments before it are merged with it, so
    /// that each remaining one is at least twice as large as the next: there are few of them, and an event is copied a logarithmic number
    /// of times.
    /// </summary>
    /// <returns>The number of events copied, and the last event that is neither copied nor superseded; the default if there is
    /// none.</returns>
    public (int Compacted, EventId LastLost) Compact(LogSegment segment)
    {
        var (count, bytes, lastLost) = (0, 0L, default(EventId));
        foreach (ref readonly var entry in segment.Entries.AsSpan(0, segment.Count))
        {
            if (entry.Key is null) lastLost = entry.Id;
            if (!IsLive(segment, entry, home: null)) continue;
            count++;
            bytes += entry.Length;
        }

        if (count == 0) return (0, lastLost);
        var first = _segments.Count;
        for (var sum = bytes; first > 0; first--)
        {
            var live = _segments[first - 1].LiveBytes;
            if (live > 2 * sum || live + sum > LogSegment.MaxBytes) break;
            sum += live;
        }

        Rewrite(first, _segments.Count, segment, count, (int)bytes);
        CompactedCount += count;
        CompactedBytes += bytes;
        return (count, lastLost);
    }

    /// <summary>
    /// Counts one event of a compacted segment as no longer live. Once half of the segment's bytes are not live, rewrites it together with
    /// neighbours that are no larger.
    /// </summary>
    private void Release(LogSegment segment, int length)
    {
        CompactedCount--;
        CompactedBytes -= length;
        segment.LiveCount--;
        segment.LiveBytes -= length;
        if (segment.LiveBytes * 2 > segment.Used) return;
        var first = Find(segment.LastId);
        var end = first + 1;
        if (segment.LiveCount == 0)
        {
            Replace(first, end, null);
            return;
        }

        var sum = segment.LiveBytes;
        if (end < _segments.Count && MayJoin(_segments[end])) sum += _segments[end++].LiveBytes;
        if (first > 0 && MayJoin(_segments[first - 1])) first--;
        Rewrite(first, end, dropped: null, 0, 0);

        bool MayJoin(LogSegment neighbour) => neighbour.Used <= segment.Used && sum + neighbour.LiveBytes <= LogSegment.MaxBytes;
    }

    /// <summary>Replaces some compacted segments by one with their live events and those of a segment that the log is dropping.</summary>
    private void Rewrite(int first, int end, LogSegment? dropped, int count, int bytes)
    {
        for (var i = first; i < end; i++)
        {
            count += _segments[i].LiveCount;
            bytes += _segments[i].LiveBytes;
        }

        var compact = new LogSegment(bytes, count)
        {
            Topic = (dropped ?? _segments[first]).Topic,
            LiveCount = count,
            LiveBytes = bytes,
        };

        compact.Link(LogSegment.Gone);
        for (var i = first; i < end; i++) CopyLive(_segments[i], compact, _segments[i]);
        if (dropped is not null) CopyLive(dropped, compact, home: null);
        Replace(first, end, compact);
    }

    private static void CopyLive(LogSegment from, LogSegment to, LogSegment? home)
    {
        var bytes = from.Bytes;
        foreach (ref readonly var entry in from.Entries.AsSpan(0, from.Count))
        {
            if (!IsLive(from, entry, home)) continue;
            bytes.AsSpan(entry.Offset, entry.Length).CopyTo(to.Reserve(entry.Length));
            // The index of publisher ids forgets the id with the log's own segment.
            to.Append(entry with { Home = to, Offset = to.Used, HasPublisherId = false });
            entry.Key!.Compact(to, entry.Length);
        }
    }

    private void Replace(int first, int end, LogSegment? compact)
    {
        for (var i = first; i < end; i++)
        {
            Cost -= _segments[i].Cost;
            _segments[i].Drop();
        }

        _segments.RemoveRange(first, end - first);
        if (first == 0) _oldest = 0;
        if (compact is null) return;
        Cost += compact.Cost;
        _segments.Insert(first, compact);
    }

    /// <summary>The first compacted segment that ends at or after an id.</summary>
    private int Find(EventId id)
    {
        int low = 0, high = _segments.Count - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_segments[middle].LastId < id) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void Forget(EventKey key)
    {
        _keys.Remove(key.Text);
        Cost -= KeyCost + key.Text.Length;
        key.Evict();
    }

    // Without a home, an event in the log's own segments; otherwise a compacted one, which is live only in the segment that its key names.
    private static bool IsLive(LogSegment segment, in LogEntry entry, LogSegment? home)
        => entry.Key is { } key && key.Latest == entry.Id && (home is null || ReferenceEquals(key.Home, segment));
}
