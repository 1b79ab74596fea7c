using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>
/// The ranges of ids that this history has assigned, one or more for each life of the server, oldest first; the last one reaches to the
/// head. An id between two ranges was never assigned in this history: it belongs to a history that was replaced by an older copy, to events
/// that a crash lost, or to a clock that was ahead. The number of ranges is bounded; ids below the oldest one are unknown too. Under the
/// catalog's lock.
/// </summary>
internal sealed class AssignedIds
{
    private readonly List<IdRange> _stretches = [];
    private readonly List<IdSkip> _unstored = [];

    /// <param name="lives">The ranges that the history knows, with at least this life's.</param>
    public AssignedIds(IEnumerable<IdRange> lives) => _stretches.AddRange(lives);

    /// <summary>Whether an id at or below the head is in one of the ranges.</summary>
    public bool Contains(EventId id)
        => Find(id.Value) is var index and >= 0 && (index == _stretches.Count - 1 || id.Value <= _stretches[index].Last);

    /// <summary>
    /// The highest id in a range at or below an id, which has the same events before and after it; the id itself if there is none.
    /// </summary>
    public EventId Floor(EventId id)
    {
        var index = Find(id.Value);
        return index < 0 || index == _stretches.Count - 1 ? id : new(Math.Min(id.Value, _stretches[index].Last));
    }

    /// <summary>Records that the ids between two were skipped: the next id assigned is at or above <paramref name="from"/>.</summary>
    public void Skip(EventId through, EventId from)
    {
        _stretches[^1] = _stretches[^1] with { Last = through.Value };
        _stretches.Add(new(from.Value, from.Value));
        _unstored.Add(new(through.Value, from.Value));
        if (_stretches.Count > IdRange.MaxKept) _stretches.RemoveAt(0);
        if (_unstored.Count > IdRange.MaxKept) _unstored.RemoveAt(0);
    }

    /// <summary>Adds the skips below an id that are not yet in the store.</summary>
    public void AddUnstored(EventId through, List<IdSkip> skips)
    {
        foreach (var skip in _unstored)
            if (skip.From <= through.Value) skips.Add(skip);
    }

    /// <summary>Records that a commit stored the skips below an id.</summary>
    public void ConfirmStored(EventId through) => _unstored.RemoveAll(skip => skip.From <= through.Value);

    // The last range that begins at or below an id; -1 if there is none.
    private int Find(long id)
    {
        int low = 0, high = _stretches.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_stretches[middle].First <= id) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }
}
