namespace SseServer.History;

/// <summary>
/// A run of stored events, frames back to back in id order. Its owner pools it and has it filled again and again. It grows for a frame
/// larger than its capacity, and shrinks when it is cleared.
/// </summary>
/// <param name="capacity">Bytes of frames that the page takes; a single larger frame fills a page alone.</param>
internal sealed class StoredPage(int capacity = StoredPage.DefaultCapacity)
{
    // Half of what a shard sends to one subscriber in a turn: large enough for large writes, and a handful of pages is little memory.
    public const int DefaultCapacity = 64 * 1024;

    public int Capacity { get; } = capacity;

    public byte[] Bytes { get; private set; } = new byte[capacity];

    /// <summary>Bytes of frames.</summary>
    public int Length { get; private set; }

    public StoredEntry[] Entries { get; private set; } = new StoredEntry[64];

    public int Count { get; private set; }

    /// <summary>Entries get their keys. Tools need them; streams do not.</summary>
    public bool HasKeys { get; init; }

    /// <summary>
    /// Events of the selection that cannot be read. They come before the page's events, or among those of other topics: a page ends before
    /// the next damage.
    /// </summary>
    public List<DamagedBlock> Damage { get; } = [];

    /// <summary>The selection has nothing more up to the id that was read through.</summary>
    public bool IsEnd { get; set; }

    public void Clear()
    {
        Length = 0;
        Count = 0;
        IsEnd = false;
        Damage.Clear();
        if (Bytes.Length > Capacity) Bytes = new byte[Capacity];
    }

    /// <summary>Adds damage; false if the page already has events, and so ends before it.</summary>
    public bool TryAdd(in DamagedBlock damage)
    {
        if (Count > 0) return false;
        Damage.Add(damage);
        return true;
    }

    /// <summary>Adds a frame; false if the page has events and no room for this one.</summary>
    public bool TryAdd(
        long id, ReadOnlySpan<byte> frame, int prefixLength, long topic = 0, ReadOnlySpan<byte> key = default, bool isFinal = false)
    {
        if (frame.Length > Bytes.Length - Length)
        {
            if (Count > 0) return false;
            Bytes = new byte[frame.Length];
        }

        if (Count == Entries.Length)
        {
            var entries = Entries;
            Array.Resize(ref entries, Count * 2);
            Entries = entries;
        }

        frame.CopyTo(Bytes.AsSpan(Length));
        Entries[Count++] = new()
        {
            Id = id,
            Topic = topic,
            Offset = Length,
            Length = frame.Length,
            PrefixLength = (byte)prefixLength,
            IsFinal = isFinal,
            Key = HasKeys && !key.IsEmpty ? key.ToArray() : null,
        };
        Length += frame.Length;
        return true;
    }
}

/// <summary>An event of a page: a whole frame, as a log holds it.</summary>
internal struct StoredEntry
{
    public long Id;

    /// <summary>The store's number for the topic; only that store understands it.</summary>
    public long Topic;

    /// <summary>The topic's name, if the selection needs names; empty if damage has destroyed it.</summary>
    public byte[]? TopicName;

    /// <summary>Where the frame begins in the page.</summary>
    public int Offset;

    /// <summary>The length of the frame.</summary>
    public int Length;

    /// <summary>The length of the frame's chunk prefix.</summary>
    public byte PrefixLength;

    /// <summary>The topic ends with this event.</summary>
    public bool IsFinal;

    /// <summary>The event's key, if the page has keys; null if there is none.</summary>
    public byte[]? Key;
}

/// <summary>Stored events that cannot be read, because their bytes are not those that were written.</summary>
/// <param name="Topic">The topic's name in UTF-8; empty if that is damaged, too.</param>
/// <param name="FirstId">The first of the events; it identifies the block.</param>
/// <param name="LastId">The last of the events.</param>
internal readonly record struct DamagedBlock(byte[] Topic, long FirstId, long LastId);
