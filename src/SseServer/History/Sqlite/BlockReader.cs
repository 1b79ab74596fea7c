using System.Buffers.Binary;

namespace SseServer.History.Sqlite;

/// <summary>
/// Reads the events of a block one by one, from a copy of its row's bytes; <see cref="BlockWriter"/> has the grammar. Reused from block to
/// block.
/// </summary>
internal sealed class BlockReader
{
    // What is kept for the next block; the memory of a larger event is freed.
    private const int KeptBytes = 1024 * 1024;

    private byte[] _bytes = [];
    private int _indexAt;
    private int _indexEnd;
    private int _frameAt;
    private int _frameEnd;
    private int _keyAt;
    private int _keyLength;

    public long TopicId { get; private set; }

    /// <summary>The current event's id.</summary>
    public long Id { get; private set; }

    public int PrefixLength { get; private set; }

    public int PublisherIdLength { get; private set; }

    /// <summary>The topic ends with the current event.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>The current event's key; empty if there is none.</summary>
    public ReadOnlySpan<byte> Key => _bytes.AsSpan(_keyAt, _keyLength);

    public ReadOnlySpan<byte> Frame => _bytes.AsSpan(_frameAt, _frameEnd - _frameAt);

    /// <summary>The current event's publisher id; empty if there is none.</summary>
    public ReadOnlySpan<byte> PublisherId => Frame.Slice(PrefixLength + "id: "u8.Length, PublisherIdLength);

    /// <summary>Copies a row's bytes, and goes before its first event.</summary>
    /// <returns>False if they are not what was written.</returns>
    public bool TryLoad(long topicId, long firstId, ReadOnlySpan<byte> data)
    {
        if (data.Length < BlockWriter.TrailerBytes) return false;
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(data[^4..]);
        if (checksum != Checksum.OfBlock(topicId, firstId, data[..^4])) return false;
        if (_bytes.Length < data.Length || _bytes.Length > KeptBytes) _bytes = new byte[Math.Max(data.Length, 64 * 1024)];
        data.CopyTo(_bytes);
        (TopicId, Id) = (topicId, firstId);
        var framesLength = BinaryPrimitives.ReadInt32LittleEndian(data[^8..]);
        _indexAt = framesLength;
        _indexEnd = data.Length - BlockWriter.TrailerBytes;
        _frameAt = _frameEnd = 0;
        return framesLength > 0 && framesLength < _indexEnd;
    }

    /// <summary>Goes to the next event; false if there is none.</summary>
    public bool MoveNext()
    {
        if (_indexAt == _indexEnd) return false;
        Id += (long)TakeNumber();
        _frameAt = _frameEnd;
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

    /// <summary>Goes on to the first event after an id; false if there is none.</summary>
    public bool MoveAfter(long id)
    {
        while (MoveNext())
            if (Id > id) return true;
        return false;
    }

    /// <summary>Adds the current event to a page; false if the page is full.</summary>
    public bool TryAddTo(StoredPage page) => page.TryAdd(Id, Frame, PrefixLength, TopicId, Key, IsFinal);

    // No bounds are checked: what has the right checksum is what BlockWriter wrote.
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
