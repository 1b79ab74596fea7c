namespace SseServer.Transport.Limits;

/// <summary>
/// Limits the bytes that the unfinished heads of all connections hold. If one more byte does not fit, the oldest head is given up, as if
/// its time were over: a client that sends a head at all sends it within a round trip, so the oldest unfinished heads are the least likely
/// to become requests. Safe on any thread.
/// </summary>
/// <param name="max">Bytes in all; 0 means unlimited.</param>
internal sealed class HeadMemory(long max)
{
    /// <summary>
    /// Bytes that do not count: those of a 4 KB head, which fits into the connection's first read buffer, so the limit on connections
    /// covers them. Nearly every head is shorter, and takes no lock.
    /// </summary>
    public const int FreeBytes = 8 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _heads = [];
    private long _held;

    /// <summary>The bytes of one connection's head. The lock of <see cref="HeadMemory"/> guards its fields.</summary>
    /// <param name="giveUp">Ends the wait for the rest of the head; called under the lock, from any thread.</param>
    internal sealed class Entry(Action giveUp)
    {
        internal long Bytes { get; set; }

        internal LinkedListNode<Entry>? Node { get; set; }

        internal void GiveUp() => giveUp();
    }

    /// <summary>Bytes that are counted at present.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate) return _held;
        }
    }

    /// <summary>Sets how much an unfinished head holds, and gives up older ones if that exceeds the limit.</summary>
    /// <param name="head">The connection's.</param>
    /// <param name="length">Bytes of it that have arrived. They count twice: once in the reader's buffer and once in the head.</param>
    public void Hold(Entry head, long length)
    {
        var bytes = 2 * length;
        if (bytes <= FreeBytes || max == 0) return;
        lock (_gate)
        {
            head.Node ??= _heads.AddLast(head);
            _held += bytes - head.Bytes;
            head.Bytes = bytes;
            // A single head always fits: the limits on its own length are lower.
            while (_held > max && _heads.First is { Value: var oldest } && oldest != head)
            {
                RemoveUnderLock(oldest);
                oldest.GiveUp();
            }
        }
    }

    /// <summary>The head is complete, or its connection ends.</summary>
    public void Release(Entry head)
    {
        // Only the connection's own path adds the entry; others only remove it.
        if (head.Node is null) return;
        lock (_gate) RemoveUnderLock(head);
    }

    private void RemoveUnderLock(Entry head)
    {
        if (head.Node is not { } node) return;
        _heads.Remove(node);
        _held -= head.Bytes;
        (head.Node, head.Bytes) = (null, 0);
    }
}
