using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>
/// The stretches of ids that the lives of this history covered, oldest first; the last one is this life's and reaches to the head. An id
/// between two of them was never given here: it is
/// of a history that was replaced by an older copy, of the end of a life that a crash took, or of a clock that was ahead. Bounded: what
/// is older than the stretches that are kept is unknown, too.
/// Under the hub's lock.
/// </summary>
internal sealed class GivenIds
{
    private readonly List<IdRange> _stretches = [];
    private readonly List<IdSkip> _unstored = [];

    /// <param name="lives">At least this life's.</param>
    public GivenIds(IEnumerable<IdRange> lives) => _stretches.AddRange(lives);

    /// <summary>Whether an id at or below the head is one that a life of this history covered.</summary>
    public bool Contains(EventId id)
        => Find(id.Value) is var index and >= 0 && (index == _stretches.Count - 1 || id.Value <= _stretches[index].Last);

    /// <summary>
    /// The highest covered id at or below an id, which has the same events before and after it; the id itself where there is none.
    /// </summary>
    public EventId Floor(EventId id)
    {
        var index = Find(id.Value);
        return index < 0 || index == _stretches.Count - 1 ? id : new(Math.Min(id.Value, _stretches[index].Last));
    }

    /// <summary>Takes note that ids between two were skipped: the next one that is given is at or above <paramref name="from"/>.</summary>
    public void Skip(EventId through, EventId from)
    {
        _stretches[^1] = _stretches[^1] with { Last = through.Value };
        _stretches.Add(new(from.Value, from.Value));
        _unstored.Add(new(through.Value, from.Value));
        if (_stretches.Count > IdRange.MaxKept) _stretches.RemoveAt(0);
        if (_unstored.Count > IdRange.MaxKept) _unstored.RemoveAt(0);
    }

    /// <summary>Adds the skips below an id that no commit has stored.</summary>
    public void AddUnstored(EventId through, List<IdSkip> skips)
    {
        foreach (var skip in _unstored)
            if (skip.From <= through.Value) skips.Add(skip);
    }

    /// <summary>A commit stored the skips below an id.</summary>
    public void ConfirmStored(EventId through) => _unstored.RemoveAll(skip => skip.From <= through.Value);

    // The last stretch that begins at or below an id; -1 where there is none.
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
