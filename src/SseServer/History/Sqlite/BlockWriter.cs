using System.Buffers.Binary;

namespace SseServer.History.Sqlite;

/// <summary>
/// Puts a run of one topic's events into the bytes of a block. Reused from block to block.
/// <code>
/// block = *frame *entry frames-length checksum   ; both numbers in 4 bytes, little-endian
/// entry = id-delta length prefix-length publisher-id-length   ; LEB128 each; the first delta is from the row's first id, so 0
/// </code>
/// The checksum is CRC-32C over the row's topic, its first id, and all that comes before, so that a row that holds another's bytes is found out, too.
/// </summary>
internal sealed class BlockWriter
{
    /// <summary>The two numbers at the end.</summary>
    public const int TrailerBytes = 8;

    // A 10-byte id delta, a 5-byte length, and two that fit in 2.
    private const int MaxEntryBytes = 19;

    // What is kept for the next block; a larger event's memory is given back.
    private const int KeptBytes = 1024 * 1024;

    private byte[] _data = new byte[128 * 1024];
    private byte[] _index = new byte[8 * 1024];
    private int _indexLength;
    private long _topicId;

    public long FirstId { get; private set; }

    public long LastId { get; private set; }

    public int Count { get; private set; }

    /// <summary>Bytes of frames.</summary>
    public int Bytes { get; private set; }

    /// <summary>Events with a publisher's id.</summary>
    public int PublisherIds { get; private set; }

    public void Begin(long topicId)
    {
        _topicId = topicId;
        Count = 0;
        Bytes = 0;
        PublisherIds = 0;
        _indexLength = 0;
        if (_data.Length > KeptBytes) _data = new byte[KeptBytes];
    }

    public void Add(in StoreCommitEntry entry, ReadOnlySpan<byte> frame)
    {
        if (Count == 0) FirstId = LastId = entry.Id;
        Ensure(ref _data, Bytes, frame.Length);
        frame.CopyTo(_data.AsSpan(Bytes));
        Bytes += frame.Length;

        Ensure(ref _index, _indexLength, MaxEntryBytes);
        PutNumber((ulong)(entry.Id - LastId));
        PutNumber((ulong)frame.Length);
        PutNumber(entry.PrefixLength);
        PutNumber(entry.PublisherIdLength);
        LastId = entry.Id;
        Count++;
        if (entry.PublisherIdLength > 0) PublisherIds++;
    }

    /// <summary>The block's bytes, good until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        Ensure(ref _data, Bytes, _indexLength + TrailerBytes);
        _index.AsSpan(0, _indexLength).CopyTo(_data.AsSpan(Bytes));
        var end = Bytes + _indexLength;
        BinaryPrimitives.WriteInt32LittleEndian(_data.AsSpan(end), Bytes);
        var checksum = BlockChecksum.Compute(_topicId, FirstId, _data.AsSpan(0, end + 4));
        BinaryPrimitives.WriteUInt32LittleEndian(_data.AsSpan(end + 4), checksum);
        return _data.AsSpan(0, end + TrailerBytes);
    }

    private void PutNumber(ulong value)
    {
        for (; value > 0x7F; value >>= 7) _index[_indexLength++] = (byte)(value | 0x80);
        _index[_indexLength++] = (byte)value;
    }

    private static void Ensure(ref byte[] bytes, int used, int more)
    {
        if (more > bytes.Length - used) Array.Resize(ref bytes, Math.Max(checked(used + more), bytes.Length * 2));
    }
}
