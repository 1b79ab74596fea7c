using System.Buffers;
using System.Diagnostics;

namespace SseServer.Publishing;

/// <summary>
/// The bytes of a batch, in chunks that never move, so that it grows without a copy and its memory follows its size. The first chunk is
/// reused; others are rented from the shared pool and returned by <see cref="Clear"/>. One thread at a time.
/// </summary>
internal sealed class BatchBytes
{
    // Room for a usual event with its topic and key.
    private const int FirstChunk = 1024;

    // As large as a log's segments, and below 85,000 bytes: the large object heap is collected seldom.
    private const int LargestChunk = 64 * 1024;

    private byte[][] _chunks = [new byte[FirstChunk]];
    private int _used;

    /// <summary>The index of the chunk that is being written.</summary>
    public int Current { get; private set; }

    /// <summary>Bytes of all chunks but the first.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>Bytes written.</summary>
    public long WrittenCount { get; private set; }

    /// <summary>Whether <paramref name="length"/> bytes fit into the current chunk.</summary>
    public bool HasRoom(int length) => _chunks[Current].Length - _used >= length;

    public ReadOnlySpan<byte> Read(int chunk, int offset, int length) => _chunks[chunk].AsSpan(offset, length);

    /// <summary>Reserves contiguous bytes in the chunk <see cref="Current"/>, from <paramref name="offset"/> on.</summary>
    public Span<byte> Take(int length, out int offset)
    {
        if (!HasRoom(length)) AddChunk(length);
        offset = _used;
        _used += length;
        WrittenCount += length;
        return _chunks[Current].AsSpan(offset, length);
    }

    public void Clear()
    {
        for (var i = 1; i <= Current; i++)
        {
            if (IsPooled(_chunks[i])) ArrayPool<byte>.Shared.Return(_chunks[i]);
            _chunks[i] = [];
        }

        if (_chunks.Length > 64) _chunks = [_chunks[0]];
        (Current, _used, WrittenCount, RentedBytes) = (0, 0, 0, 0);
    }

    private void AddChunk(int length)
    {
        Debug.Assert(Current < _chunks.Length, "The current chunk is one of them.");
        var wanted = Math.Clamp(2 * _chunks[Current].Length, 4 * 1024, LargestChunk);
        // A larger chunk holds one event; the pool would retain it long after.
        var chunk = length <= LargestChunk
            ? ArrayPool<byte>.Shared.Rent(Math.Max(wanted, length))
            : GC.AllocateUninitializedArray<byte>(length);
        if (++Current == _chunks.Length) Array.Resize(ref _chunks, 2 * Current);
        _chunks[Current] = chunk;
        RentedBytes += chunk.Length;
        _used = 0;
    }

    private static bool IsPooled(byte[] chunk) => chunk.Length <= LargestChunk;
}
