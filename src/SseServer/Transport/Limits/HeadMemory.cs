namespace SseServer.Transport.Limits;

/// <summary>
/// Bounds the bytes that the unfinished heads of all connections hold. Where one more byte does not fit, the head that was begun first is
/// given up, as if its time were over: a client that sends a head at all sends it within a round trip, so those that are unfinished for
/// longest are the least likely to become requests. Safe on any thread.
/// </summary>
/// <param name="max">Bytes in all; 0 is no bound.</param>
internal sealed class HeadMemory(long max)
{
    /// <summary>
    /// Bytes that do not count: a head of 4 KB, no more than the connection's first read buffer, so the bound on connections holds for it
    /// too. Nearly every head is shorter, and takes no lock.
    /// </summary>
    public const int FreeBytes = 8 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _heads = [];
    private long _held;

    /// <summary>What one connection's head holds. The lock of <see cref="HeadMemory"/> guards its fields.</summary>
    /// <param name="giveUp">Ends the wait for the rest of the head; called under the lock, from any thread.</param>
    internal sealed class Entry(Action giveUp)
    {
        internal long Bytes { get; set; }

        internal LinkedListNode<Entry>? Node { get; set; }

        internal void GiveUp() => giveUp();
    }

    /// <summary>Bytes that count at present.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate) return _held;
        }
    }

    /// <summary>Sets what an unfinished head holds, giving up older ones where that is more than there is.</summary>
    /// <param name="head">The connection's.</param>
    /// <param name="length">Bytes of it that have arrived. They count twice: as they came, and as they were read.</param>
    public void Hold(Entry head, long length)
    {
        var bytes = 2 * length;
        if (bytes <= FreeBytes || max == 0) return;
        lock (_gate)
        {
            head.Node ??= _heads.AddLast(head);
            _held += bytes - head.Bytes;
            head.Bytes = bytes;
            // A head that is alone has what it needs: its own bounds are below this one.
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
        // Only the connection's own path adds it, and others only take it away.
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
