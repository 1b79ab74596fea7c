using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// How far each eviction of a pattern's events reached. Topics evict events independently, so a later eviction may reach less far than an
/// earlier one, and a subscriber to which the earlier one was announced may still lose events to the later. Only evictions that reach
/// further than all later ones are recorded: at most one per topic, because each eviction of a topic reaches further than the one before.
/// Under the catalog's lock.
/// </summary>
internal readonly struct EvictionMarks()
{
    private readonly List<(long Number, EventId Through)> _marks = [];

    /// <param name="number">The eviction's number, higher than all before.</param>
    /// <param name="through">The last event evicted.</param>
    public void Add(long number, EventId through)
    {
        while (_marks.Count > 0 && _marks[^1].Through <= through) _marks.RemoveAt(_marks.Count - 1);
        _marks.Add((number, through));
    }

    /// <summary>The furthest that an eviction after <paramref name="number"/> reached; the default if there was none.</summary>
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
