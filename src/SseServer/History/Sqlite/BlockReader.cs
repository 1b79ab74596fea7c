using System.Buffers.Binary;

namespace SseServer.History.Sqlite;

/// <summary>A block's bytes, copied from its row, and a place among its entries. Reused from block to block.</summary>
internal sealed class BlockReader
{
    // What is kept for the next block; a larger event's memory is given back.
    private const int KeptBytes = 1024 * 1024;

    private byte[] _bytes = [];
    private int _indexAt;
    private int _indexEnd;
    private int _frameEnd;
    private int _keyAt;
    private int _keyLength;

    public long TopicId { get; private set; }

    public long FirstId { get; private set; }

    /// <summary>The current entry's id.</summary>
    public long Id { get; private set; }

    public int PrefixLength { get; private set; }

    public int PublisherIdLength { get; private set; }

    /// <summary>The topic ends with the current event.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>The current event's key; empty where it has none.</summary>
    public ReadOnlySpan<byte> Key => _bytes.AsSpan(_keyAt, _keyLength);

    /// <summary>Where the current frame begins among the block's.</summary>
    public int FrameOffset { get; private set; }

    public ReadOnlySpan<byte> Frame => _bytes.AsSpan(FrameOffset, _frameEnd - FrameOffset);

    /// <summary>The current event's publisher id; empty where it has none.</summary>
    public ReadOnlySpan<byte> PublisherId => Frame.Slice(PrefixLength + "id: "u8.Length, PublisherIdLength);

    /// <summary>Takes a row's bytes, and stands before its first entry.</summary>
    /// <returns>False where they are not what was written.</returns>
    public bool TryLoad(long topicId, long firstId, ReadOnlySpan<byte> data)
    {
        if (data.Length < BlockWriter.TrailerBytes) return false;
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(data[^4..]);
        if (checksum != BlockChecksum.Compute(topicId, firstId, data[..^4])) return false;
        if (_bytes.Length < data.Length || _bytes.Length > KeptBytes) _bytes = new byte[Math.Max(data.Length, 64 * 1024)];
        data.CopyTo(_bytes);
        (TopicId, FirstId, Id) = (topicId, firstId, firstId);
        var framesLength = BinaryPrimitives.ReadInt32LittleEndian(data[^8..]);
        _indexAt = framesLength;
        _indexEnd = data.Length - BlockWriter.TrailerBytes;
        FrameOffset = _frameEnd = 0;
        return framesLength > 0 && framesLength < _indexEnd;
    }

    /// <summary>Goes to the next entry; false where there is none.</summary>
    public bool MoveNext()
    {
        if (_indexAt == _indexEnd) return false;
        Id += (long)TakeNumber();
        FrameOffset = _frameEnd;
        _frameEnd += (int)TakeNumber();
        var flags = (int)TakeNumber();
        PublisherIdLength = (int)TakeNumber();
        PrefixLength = flags & (BlockWriter.KeyFlag - 1);
        IsFinal = (flags & BlockWriter.FinalFlag) != 0;
        _keyLength = (flags & BlockWriter.KeyFlag) == 0 ? 0 : (int)TakeNumber();
        _keyAt = _indexAt;
        _indexAt += _keyLength;
        return true;
    }

    /// <summary>Goes to the first entry after an id; false where there is none.</summary>
    public bool MoveAfter(long id)
    {
        while (MoveNext())
            if (Id > id) return true;
        return false;
    }

    /// <summary>Adds the current event to a page; false where it is full.</summary>
    public bool TryAddTo(StoredPage page) => page.TryAdd(Id, Frame, PrefixLength, TopicId, Key, IsFinal);

    // What the checksum has passed is what BlockWriter wrote.
    private ulong TakeNumber()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = _bytes[_indexAt++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }
}
