using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// How far each eviction of a pattern's events reached. Topics let go of events independently, so a later eviction may reach less
/// far than an earlier one, and a reader who was told of that one may still lose events to this one. Kept are only those that reach further
/// than all after them: one a topic at most, since a topic's evictions reach ever further. Under the hub's lock.
/// </summary>
internal readonly struct EvictionMarks()
{
    private readonly List<(long Number, EventId Through)> _marks = [];

    /// <param name="number">Higher than those before.</param>
    /// <param name="through">The last event let go.</param>
    public void Add(long number, EventId through)
    {
        while (_marks.Count > 0 && _marks[^1].Through <= through) _marks.RemoveAt(_marks.Count - 1);
        _marks.Add((number, through));
    }

    /// <summary>The furthest that an eviction after <paramref name="number"/> reached; the default where there is none.</summary>
    public EventId HighestAfter(long number)
    {
        int low = 0, high = _marks.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_marks[middle].Number <= number) low = middle + 1;
            else high = middle;
        }

        return low < _marks.Count ? _marks[low].Through : default;
    }
}
