using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// One search for the last events of some logs in memory. Reads the logs backwards and merges them by id, some entries under each hold of
/// the lock.
/// </summary>
internal sealed class MemoryTail(List<EventLog> logs, int count, EventFilter? filter)
{
    /// <summary>The most events that do not count, because of a filter, which a search passes over: some milliseconds.</summary>
    public const int MaxExcluded = 100_000;

    private readonly (LogSegment? Segment, int Index)[] _places = new (LogSegment?, int)[logs.Count];
    private EventId _before;
    private int _excluded;

    /// <summary>Events that count, so far.</summary>
    public int Found { get; private set; }

    /// <summary>The first of the last events; null if memory does not have all of them.</summary>
    public EventId? First { get; private set; }

    /// <summary>Events up to this id that were not counted may be in the store; the default if there are none.</summary>
    public EventId StoredThrough { get; private set; }

    /// <summary>Counts some more entries; true once the search is done.</summary>
    public bool Step(TopicCatalog catalog)
    {
        using (catalog.Lock.EnterInBackground())
        {
            if (_before.Value == 0) _before = new(catalog.Ids.Head.Value + 1);
            StoredThrough = default;
            for (var i = 0; i < _places.Length; i++)
            {
                // Between two holds segments may have been dropped.
                _places[i] = Before(logs[i], _before);
                if (logs[i].Marks.MemoryStart is var start && start > StoredThrough) StoredThrough = start;
            }

            if (StoredThrough >= _before) StoredThrough = _before.Previous;
            var work = catalog.Lock.Work;
            while (!work.IsSpent)
            {
                work.Add(1 + _places.Length);
                var newest = FindNewest();
                if (newest < 0 || EntryAt(newest).Id <= StoredThrough) return true;
                if (Take(EntryAt(newest))) return true;
            }

            return false;
        }
    }

    // Counts an entry and moves every log before it; true if it is the last that is needed or allowed.
    private bool Take(in LogEntry entry)
    {
        _before = entry.Id;
        if (entry.IsRetained)
        {
            if (DoesCount(entry)) Found++;
            else _excluded++;
        }

        for (var i = 0; i < _places.Length; i++)
            if (_places[i].Segment is not null && EntryAt(i).Id == _before) MoveBack(i);
        if (Found < count && _excluded < MaxExcluded) return false;
        First = _before;
        return true;
    }

    private bool DoesCount(in LogEntry entry)
        => filter?.MayPass(entry.TypeHash) != false && entry.TryFind(out _, out var offset, out var bytes)
            && LastEventsSearch.Counts(bytes.AsSpan(offset, entry.Length), entry.PrefixLength, entry.IsFinal, filter);

    private int FindNewest()
    {
        var newest = -1;
        for (var i = 0; i < _places.Length; i++)
            if (_places[i].Segment is not null && (newest < 0 || EntryAt(i).Id > EntryAt(newest).Id)) newest = i;
        return newest;
    }

    private ref readonly LogEntry EntryAt(int place) => ref _places[place].Segment!.Entries![_places[place].Index];

    private void MoveBack(int place)
    {
        if (--_places[place].Index < 0) _places[place] = Before(logs[place], _before);
    }

    private static (LogSegment? Segment, int Index) Before(EventLog log, EventId id)
        => log.SegmentBefore(id) is { } segment ? (segment, segment.FindAfter(id.Previous) - 1) : default;
}
