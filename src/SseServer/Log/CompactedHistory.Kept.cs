using SseServer.Protocol.EventStream;

namespace SseServer.Log;

// Kept segments: each is a copy of what is live in others. Every copy is paid for by bytes that were let go or by segments that became one, so that the cost of a publish stays
// constant on average and memory stays in proportion to what is live.
internal sealed partial class CompactedHistory
{
    /// <summary>
    /// Copies what is live of the segment that the log is about to let go of. The smaller kept segments before it are written anew with it: each that stays is at least twice as
    /// large as the one after it, so that there are few, and an event is copied a logarithmic number of times.
    /// </summary>
    /// <returns>The events kept, and the last event that is neither kept nor superseded: the default where there is none.</returns>
    public (int Kept, EventId Missed) Compact(LogSegment segment)
    {
        var (count, bytes, missed) = (0, 0L, default(EventId));
        foreach (ref readonly var entry in segment.Entries.AsSpan(0, segment.Count))
        {
            if (entry.Key is null) missed = entry.Id;
            if (!IsLive(segment, entry, home: null)) continue;
            count++;
            bytes += entry.Length;
        }

        if (count == 0) return (0, missed);
        var first = _kept.Count;
        for (var sum = bytes; first > 0; first--)
        {
            var live = _kept[first - 1].LiveBytes;
            if (live > 2 * sum || live + sum > LogSegment.MaxBytes) break;
            sum += live;
        }

        Rewrite(first, _kept.Count, segment, count, (int)bytes);
        CompactedCount += count;
        CompactedBytes += bytes;
        return (count, missed);
    }

    /// <summary>An event of a kept segment is live no more. Once half of the segment is such, it is written anew, together with neighbours that are no larger.</summary>
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
        if (end < _kept.Count && MayJoin(_kept[end])) sum += _kept[end++].LiveBytes;
        if (first > 0 && MayJoin(_kept[first - 1])) first--;
        Rewrite(first, end, dropped: null, 0, 0);

        bool MayJoin(LogSegment neighbour) => neighbour.Used <= segment.Used && sum + neighbour.LiveBytes <= LogSegment.MaxBytes;
    }

    /// <summary>Writes what is live of some kept segments, and of one that the log lets go of, into one segment that takes their place.</summary>
    private void Rewrite(int first, int end, LogSegment? dropped, int count, int bytes)
    {
        for (var i = first; i < end; i++)
        {
            count += _kept[i].LiveCount;
            bytes += _kept[i].LiveBytes;
        }

        var compact = new LogSegment(bytes, count) { LiveCount = count, LiveBytes = bytes };
        compact.Link(LogSegment.Gone);
        for (var i = first; i < end; i++) CopyLive(_kept[i], compact, _kept[i]);
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
            // The index of publishers' ids forgets them with the log's own segment.
            to.Append(entry with { Home = to, Offset = to.Used, HasPublisherId = false });
            entry.Key!.Compact(to, entry.Length);
        }
    }

    private void Replace(int first, int end, LogSegment? compact)
    {
        for (var i = first; i < end; i++)
        {
            Cost -= _kept[i].Cost;
            _kept[i].Drop();
        }

        _kept.RemoveRange(first, end - first);
        if (first == 0) _oldest = 0;
        if (compact is null) return;
        Cost += compact.Cost;
        _kept.Insert(first, compact);
    }

    /// <summary>The first kept segment that ends at or after an id.</summary>
    private int Find(EventId id)
    {
        int low = 0, high = _kept.Count - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_kept[middle].LastId < id) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
