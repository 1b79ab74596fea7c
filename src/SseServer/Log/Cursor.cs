using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// A subscriber's position in one log: the next entry it has not been sent. Owned by its subscription, moved only on the
/// subscription's shard. It counts entries, not bytes, so that it is always at a frame boundary. The subscription's
/// <c>Subscription.LastId</c> is the position that counts; the cursor only finds it quickly.
/// </summary>
internal struct Cursor
{
    public EventLog Log;
    public LogSegment Segment;
    public int Index;

    /// <summary>Evictions of this log that were announced to the subscriber, or came before it joined.</summary>
    public long KnownEvictions;

    /// <summary>The subscription's index in the log's subscriber group on its shard.</summary>
    public int GroupIndex;

    /// <summary>
    /// Whether the log may have lost events after <paramref name="lastId"/> that were not announced. For a topic "may" is certain.
    /// </summary>
    public readonly bool MayHaveLoss(EventId lastId) => Log.EvictedThrough > lastId && Log.Evictions > KnownEvictions;

    /// <summary>
    /// Finds the next entry after <paramref name="after"/>, as the overload does. For an entry of a topic, <paramref name="bytes"/> holds
    /// the frames of entries <see cref="Index"/> to <paramref name="count"/>, back to back.
    /// </summary>
    public CursorState Peek(EventId after, out LogEntry[] entries, out int count, out byte[] bytes)
    {
        bytes = [];
        var state = Peek(after, out entries, out count);
        if (state != CursorState.Entry) return state;
        bytes = entries[Index].Home.Bytes!;
        return bytes is null ? CursorState.Evicted : CursorState.Entry;
    }

    /// <summary>
    /// Finds the next entry after <paramref name="after"/>; moves over ends of segments and over entries at or before it. On
    /// <see cref="CursorState.Entry"/>, entries <see cref="Index"/> to <paramref name="count"/> of <paramref name="entries"/> can be read.
    /// Their frames may have been dropped, which <see cref="LogEntry.TryFind"/> finds out.
    /// </summary>
    public CursorState Peek(EventId after, out LogEntry[] entries, out int count)
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

                return CursorState.Entry;
            }

            var next = Segment.Next;
            if (next is null)
            {
                // The link is cut after the mark is set, so a missing link without the mark is the head of the log.
                if (Segment.IsDropped) break;
                entries = [];
                return CursorState.AtHead;
            }

            // An entry may have been appended between the two reads; once there is a link, the count is final.
            if (Segment.Count != count) continue;
            (Segment, Index) = (next, 0);
        }

        entries = [];
        return CursorState.Evicted;
    }
}

/// <summary>What follows a <see cref="Cursor"/>.</summary>
internal enum CursorState
{
    /// <summary>Nothing: the cursor is at the head of its log.</summary>
    AtHead,

    /// <summary>An entry.</summary>
    Entry,

    /// <summary>The log has dropped the segment that the cursor points to: the cursor must seek again.</summary>
    Evicted,
}
