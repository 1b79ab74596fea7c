using System.Buffers.Binary;

namespace SseServer.History.Sqlite;

/// <summary>
/// Writes a run of one topic's events as the bytes of a block. Reused from block to block.
/// <code>
/// block = *frame *entry frames-length checksum   ; both numbers in 4 bytes, little-endian
/// entry = id-delta length flags publisher-id-length [key-length *OCTET]   ; numbers in LEB128; the first delta, from the row's id, is 0
/// flags = prefix-length + 16 if a key follows + 32 if the topic ends with the event
/// </code>
/// The checksum is CRC-32C over the row's topic, its first id, and all that comes before it, so it also shows a row with the bytes of
/// another one.
/// </summary>
internal sealed class BlockWriter
{
    /// <summary>The bytes of the two numbers at the end.</summary>
    public const int TrailerBytes = 8;

    /// <summary>Of an entry's flags. The bits below it are the length of the chunk prefix, which is at most 10.</summary>
    public const int KeyFlag = 16;

    public const int FinalFlag = 32;

    // A 10-byte id delta, a 5-byte length, and three numbers of at most 3 bytes; a key's bytes come on top.
    private const int MaxEntryBytes = 24;

    // What is kept for the next block; the memory of a larger event is freed.
    private const int KeptBytes = 1024 * 1024;

    private byte[] _data = new byte[128 * 1024];
    private byte[] _index = new byte[8 * 1024];
    private int _indexLength;
    private long _topicId;

    public long FirstId { get; private set; }

    public long LastId { get; private set; }

    /// <summary>Events.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of frames.</summary>
    public int Bytes { get; private set; }

    /// <summary>Events with a publisher's id.</summary>
    public int PublisherIds { get; private set; }

    /// <summary>The last event without a key; 0 if all have one.</summary>
    public long LastUnkeyedId { get; private set; }

    /// <summary>Some event has a key.</summary>
    public bool HasKeys { get; private set; }

    public void Begin(long topicId)
    {
        _topicId = topicId;
        Count = 0;
        Bytes = 0;
        PublisherIds = 0;
        LastUnkeyedId = 0;
        HasKeys = false;
        _indexLength = 0;
        if (_data.Length > KeptBytes) _data = new byte[KeptBytes];
    }

    /// <summary>Adds an event with an id above those before it; an empty key is none.</summary>
    public void Add(long id, ReadOnlySpan<byte> frame, int prefixLength, int publisherIdLength, ReadOnlySpan<byte> key, bool isFinal)
    {
        if (Count == 0) FirstId = LastId = id;
        Ensure(ref _data, Bytes, frame.Length);
        frame.CopyTo(_data.AsSpan(Bytes));
        Bytes += frame.Length;

        Ensure(ref _index, _indexLength, MaxEntryBytes + key.Length);
        PutNumber((ulong)(id - LastId));
        PutNumber((ulong)frame.Length);
        PutNumber((ulong)(prefixLength + (key.IsEmpty ? 0 : KeyFlag) + (isFinal ? FinalFlag : 0)));
        PutNumber((ulong)publisherIdLength);
        if (key.IsEmpty) LastUnkeyedId = id;
        else PutKey(key);
        LastId = id;
        Count++;
        if (publisherIdLength > 0) PublisherIds++;
    }

    /// <summary>The block's bytes, valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        Ensure(ref _data, Bytes, _indexLength + TrailerBytes);
        _index.AsSpan(0, _indexLength).CopyTo(_data.AsSpan(Bytes));
        var end = Bytes + _indexLength;
        BinaryPrimitives.WriteInt32LittleEndian(_data.AsSpan(end), Bytes);
        var checksum = Checksum.OfBlock(_topicId, FirstId, _data.AsSpan(0, end + 4));
        BinaryPrimitives.WriteUInt32LittleEndian(_data.AsSpan(end + 4), checksum);
        return _data.AsSpan(0, end + TrailerBytes);
    }

    private void PutKey(ReadOnlySpan<byte> key)
    {
        HasKeys = true;
        PutNumber((ulong)key.Length);
        key.CopyTo(_index.AsSpan(_indexLength));
        _indexLength += key.Length;
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
