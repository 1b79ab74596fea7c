namespace SseServer.Log;

/// <summary>A log's segments, oldest first, in a ring, which allows a binary search. Under the catalog's lock.</summary>
internal struct SegmentQueue
{
    private LogSegment[] _ring = [];
    private int _first;

    public SegmentQueue()
    {
    }

    public int Count { get; private set; }

    public readonly LogSegment this[int index]
    {
        get => _ring[(_first + index) & (_ring.Length - 1)];
        set => _ring[(_first + index) & (_ring.Length - 1)] = value;
    }

    public void Enqueue(LogSegment segment)
    {
        if (Count == _ring.Length) Grow();
        Count++;
        this[Count - 1] = segment;
    }

    public LogSegment Dequeue()
    {
        var segment = this[0];
        this[0] = null!;
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
        return segment;
    }

    public void RemoveRange(int index, int count)
    {
        for (; index < Count - count; index++) this[index] = this[index + count];
        for (; index < Count; index++) this[index] = null!;
        Count -= count;
    }

    private void Grow()
    {
        var larger = new LogSegment[Math.Max(4, _ring.Length * 2)];
        for (var i = 0; i < Count; i++) larger[i] = this[i];
        (_ring, _first) = (larger, 0);
    }
}
