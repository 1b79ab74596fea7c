using System.Diagnostics;
using System.Runtime.CompilerServices;
using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// A part of a log: frames back to back in one array, and their index. One writer at a time, and any number of readers without a lock: an
/// entry and its bytes are written before <see cref="Count"/>, and what was published never changes. A dropped segment releases its bytes,
/// its index and its link, so a cursor that still points to it keeps nothing else alive. A segment of a pattern's log has no bytes of its
/// own.
/// </summary>
internal sealed class LogSegment
{
    /// <summary>Sentinel for <see cref="Next"/>, a dropped segment: a cursor that follows it must seek again.</summary>
    public static readonly LogSegment Gone = new(0, 0) { _dropped = true };

    /// <summary>Below the large object heap's threshold of 85,000 bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Bytes of the object, its arrays' headers and its slot in the log.</summary>
    private const int Overhead = 160;

    /// <summary>Bytes of an id in the index of publisher ids: a node, the id's array and a dictionary slot.</summary>
    private const int PublisherIdCost = 160;

    private byte[]? _bytes;
    private LogEntry[]? _entries;
    private LogSegment? _next;
    private int _count;
    private int _used;
    private bool _dropped;
    private ISegmentPin? _pin;
    private readonly int _byteCapacity;

    public LogSegment(int byteCapacity, int entryCapacity)
    {
        _byteCapacity = byteCapacity;
        _bytes = byteCapacity == 0 ? [] : GC.AllocateUninitializedArray<byte>(byteCapacity);
        _entries = entryCapacity == 0 ? [] : new LogEntry[entryCapacity];
        Cost = Overhead + byteCapacity + entryCapacity * Unsafe.SizeOf<LogEntry>();
    }

    /// <summary>The name of the topic whose frames it holds, also after it was dropped; empty for a segment without frames.</summary>
    public byte[] Topic { get; init; } = [];

    /// <summary>Entries that may be read.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The segment after this one. Set once, when nothing more is appended here; cut when this segment is dropped.</summary>
    public LogSegment? Next => Volatile.Read(ref _next);

    public bool IsDropped => Volatile.Read(ref _dropped);

    /// <summary>The pending writes that read from here; null if there are none. Belongs to Delivery.</summary>
    public ISegmentPin? Pin
    {
        get => Volatile.Read(ref _pin);
        set => Volatile.Write(ref _pin, value);
    }

    /// <summary>The frames' bytes; null once dropped.</summary>
    public byte[]? Bytes => Volatile.Read(ref _bytes);

    /// <summary>The index; null once dropped. Read it after <see cref="Count"/>: it then holds at least that many entries.</summary>
    public LogEntry[]? Entries => Volatile.Read(ref _entries);

    /// <summary>Bytes of memory that this segment takes, for the bound on history.</summary>
    public int Cost { get; private set; }

    /// <summary>Bytes of frames in use.</summary>
    public int Used => _used;

    /// <summary>In a compacted segment, the number of events that are not superseded.</summary>
    public int LiveCount { get; set; }

    /// <summary>Bytes of their frames.</summary>
    public int LiveBytes { get; set; }

    /// <summary>The size of the array of frames, also after the segment was dropped.</summary>
    public int ByteCapacity => _byteCapacity;

    public EventId FirstId => _entries![0].Id;

    public EventId LastId => _entries![_count - 1].Id;

    public bool HasRoom(int length) => _bytes!.Length - _used >= length;

    public Span<byte> Reserve(int length) => _bytes.AsSpan(_used, length);

    /// <summary>Publishes an entry, whose frame is in the bytes last reserved or in another segment.</summary>
    public void Append(in LogEntry entry)
    {
        var entries = _entries!;
        if (_count == entries.Length)
        {
            var capacity = Math.Max(4, entries.Length * 2);
            Cost += (capacity - entries.Length) * Unsafe.SizeOf<LogEntry>();
            Array.Resize(ref entries, capacity);
            // The larger array is visible before the count that needs it.
            Volatile.Write(ref _entries, entries);
        }

        entries[_count] = entry;
        if (ReferenceEquals(entry.Home, this)) _used += entry.Length;
        if (entry.HasPublisherId && ReferenceEquals(entry.Home, this)) Cost += PublisherIdCost;
        Volatile.Write(ref _count, _count + 1);
    }

    public void Link(LogSegment next) => Volatile.Write(ref _next, next);

    /// <summary>Releases everything. The log's marks must already cover the segment.</summary>
    public void Drop()
    {
        Debug.Assert(!_dropped, "A segment is dropped once.");
        // The mark comes first: a cursor that finds the link or the arrays released must also find the mark.
        Volatile.Write(ref _dropped, true);
        Volatile.Write(ref _next, null);
        Volatile.Write(ref _bytes, null);
        Volatile.Write(ref _entries, null);
        // Without it, this thread may miss a pin that is being set while the thread that sets it misses the mark.
        Interlocked.MemoryBarrier();
        Pin?.OnDropped();
    }

    /// <summary>The first entry after an id, by binary search; <see cref="Count"/> if there is none.</summary>
    public int FindAfter(EventId id) => FindFrom(_entries!, _count, new(id.Value + 1));

    /// <summary>The first of some entries at or after an id, by binary search; <paramref name="count"/> if there is none.</summary>
    public static int FindFrom(LogEntry[] entries, int count, EventId id)
    {
        int low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].Id < id) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>The first entry from <paramref name="index"/> on whose frame is retained; <see cref="Count"/> if there is none.</summary>
    public int FindRetained(int index)
    {
        while (index < _count && !_entries![index].IsRetained) index++;
        return index;
    }

    /// <summary>The index of the entry whose frame holds the byte at <paramref name="offset"/> of the segment, by binary search.</summary>
    public static int FindByOffset(ReadOnlySpan<LogEntry> entries, int offset)
    {
        int low = 0, high = entries.Length - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].End <= offset) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

/// <summary>
/// Pending writes that read from a segment. They keep its memory alive after the log has dropped it, so the segment notifies them.
/// Implemented by Delivery. Any thread.
/// </summary>
internal interface ISegmentPin
{
    /// <summary>The connections of those writes are being cut.</summary>
    bool IsCut { get; }

    /// <summary>Notes that the log has dropped the segment.</summary>
    void OnDropped();
}
