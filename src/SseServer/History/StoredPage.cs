namespace SseServer.History;

/// <summary>
/// A run of stored events, frames back to back in id order. It is filled again and again; its owner pools it. It grows for a frame
/// larger than its capacity and shrinks again when it is cleared.
/// </summary>
/// <param name="capacity">Bytes of frames that a page takes; a single larger frame comes alone.</param>
internal sealed class StoredPage(int capacity = StoredPage.DefaultCapacity)
{
    // Half of what a shard sends to one reader in a turn: large enough for large writes, and a handful of them is nothing.
    public const int DefaultCapacity = 64 * 1024;

    public int Capacity { get; } = capacity;

    public byte[] Bytes { get; private set; } = new byte[capacity];

    /// <summary>Bytes of frames.</summary>
    public int Length { get; private set; }

    public StoredEntry[] Entries { get; private set; } = new StoredEntry[64];

    public int Count { get; private set; }

    /// <summary>Entries get their keys: for tools. Readers of streams have no use for them.</summary>
    public bool HasKeys { get; init; }

    /// <summary>
    /// Events of the selection that cannot be read; they come before the page's, or among those of other topics. A page ends before the
    /// next damage, so that there is none after its first event.
    /// </summary>
    public List<DamagedBlock> Damage { get; } = [];

    /// <summary>Nothing of the selection is left up to the id it was read through.</summary>
    public bool IsEnd { get; set; }

    public void Clear()
    {
        Length = 0;
        Count = 0;
        IsEnd = false;
        Damage.Clear();
        if (Bytes.Length > Capacity) Bytes = new byte[Capacity];
    }

    /// <summary>Adds damage; false where the page has events already, and so ends before it.</summary>
    public bool TryAdd(in DamagedBlock damage)
    {
        if (Count > 0) return false;
        Damage.Add(damage);
        return true;
    }

    /// <summary>Adds a frame; false where the page has some and this one is too much.</summary>
    public bool TryAdd(long id, ReadOnlySpan<byte> frame, int prefixLength, long topic = 0, ReadOnlySpan<byte> key = default, bool isFinal = false)
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
