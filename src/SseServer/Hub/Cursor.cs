namespace SseServer.Hub;

/// <summary>
/// A subscriber's position in one log: the next entry it has not taken. Owned by its subscription, moved only on the
/// subscription's shard. It counts entries, not bytes, so that it always stands on a frame boundary.
/// </summary>
internal struct Cursor
{
    public EventLog Log;
    public LogSegment Segment;
    public int Index;

    /// <summary>What the first so many evictions of this log took was said, or is none of the subscriber's business.</summary>
    public long KnownEvictions;

    /// <summary>The subscription's place in the log's reader group of its shard.</summary>
    public int GroupIndex;

    /// <summary>What a look at the next entry found.</summary>
    public enum Sight
    {
        /// <summary>Nothing more: the cursor is at the head.</summary>
        Head,

        /// <summary>An entry.</summary>
        Entry,

        /// <summary>The retained log no longer holds what the cursor points at: it must be placed again.</summary>
        Dropped,
    }

    /// <summary>Whether the log may have lost events after <paramref name="lastId"/> that were not said; a topic has, if it may have.</summary>
    public readonly bool MayHaveLoss(EventId lastId) => Log.EvictedThrough > lastId && Log.Evictions > KnownEvictions;

    /// <summary>
    /// Looks at the next entry after <paramref name="after"/> as the overload does. On <see cref="Sight.Entry"/> of a topic, <paramref name="bytes"/> holds the frames
    /// of entries <see cref="Index"/> to <paramref name="count"/>, back to back.
    /// </summary>
    public Sight Look(EventId after, out LogEntry[] entries, out int count, out byte[] bytes)
    {
        bytes = [];
        var sight = Look(after, out entries, out count);
        if (sight != Sight.Entry) return sight;
        bytes = entries[Index].Home.Bytes!;
        return bytes is null ? Sight.Dropped : Sight.Entry;
    }

    /// <summary>
    /// Looks at the next entry after <paramref name="after"/>, moving over the ends of segments and over entries at or before it.
    /// On <see cref="Sight.Entry"/>, entries <see cref="Index"/> to <paramref name="count"/> of <paramref name="entries"/> can be read; their frames may be gone, which
    /// <see cref="LogEntry.TryFind"/> finds out.
    /// </summary>
    public Sight Look(EventId after, out LogEntry[] entries, out int count)
    {
        while (true)
        {
            count = Segment.Count;
            if (Index < count)
            {
                entries = Segment.Entries!;
                if (entries is null) break;
                ref readonly var entry = ref entries[Index];
                if (entry.Id <= after)
                {
                    Index++;
                    continue;
                }

                return Sight.Entry;
            }

            var next = Segment.Next;
            if (next is null)
            {
                // The link is cut after the mark is set, so a missing link without the mark is the head of the log.
                if (Segment.IsDropped) break;
                entries = [];
                return Sight.Head;
            }

            // An entry may have come between the two reads; once there is a link, the count stands.
            if (Segment.Count != count) continue;
            (Segment, Index) = (next, 0);
        }

        entries = [];
        return Sight.Dropped;
    }
}
