using SseServer.Protocol.EventStream;

namespace SseServer.Hub;

// Gathering: where a subscription's next events lie in several logs, need another envelope, or are held back in part, their frames are copied together and sent at once.
internal sealed partial class FanOutShard
{
    private const int ScratchBytes = 64 * 1024;

    // Events held back in one go, and what each counts for in a turn: about what a look at it takes, next to sending.
    private const int MaxHeldBack = 1024;
    private const int HeldBackCost = 16;

    // The rest of a gathered frame must be fit to be copied: the scratch buffer is the next reader's.
    private const int MaxGathered = MaxCopiedRest;

    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(ScratchBytes);
    private GatheredFrame[] _frames = new GatheredFrame[256];

    /// <summary>A frame in the scratch buffer, and where its cursor stood before it.</summary>
    private struct GatheredFrame
    {
        public EventId Id;
        public LogSegment Segment;
        public int Index;
        public int CursorIndex;
        public int End;
    }

    /// <summary>
    /// Several logs, a pattern, no chunked coding, or events that are held back: frames are gathered in id order up to the hub's head, each once, and sent together.
    /// </summary>
    private CursorState SendGathered(Subscription subscription, out int length, out int heldBack)
    {
        // The head is read first: whatever is at or before it stands in the logs.
        var head = _hub.Head;
        var state = Gather(subscription, head, out var frames, out length, out heldBack, out var through);
        if (frames == 0)
        {
            if (state == CursorState.AtHead) through = head;
            // What is held back is taken: a loss of it later is none, and a cursor that is placed again stands behind it.
            if (through > subscription.LastId) subscription.LastId = through;
            return state;
        }

        var sent = subscription.TrySend(_scratch.AsSpan(0, length));
        if (sent < 0)
        {
            subscription.IsBroken = true;
            return state;
        }

        var last = frames - 1;
        if (sent < length)
        {
            var cut = 0;
            while (_frames[cut].End <= sent) cut++;
            // The cursors step back over what was gathered after the cut frame, the newest first; what was held back there is held back for good.
            for (; last > cut; last--)
            {
                ref readonly var frame = ref _frames[last];
                (subscription.Cursors[frame.CursorIndex].Segment, subscription.Cursors[frame.CursorIndex].Index) = (frame.Segment, frame.Index);
            }

            through = _frames[cut].Id;
            SendRest(subscription, null, _scratch.AsMemory(sent.._frames[cut].End));
        }

        CountDeliveries(last + 1, _frames[last].End);
        (subscription.LastId, subscription.SentThrough) = (through, _frames[last].Id);
        _frames.AsSpan(0, frames).Clear();
        return state == CursorState.AtHead ? CursorState.Entry : state;
    }

    /// <summary>Fills the scratch buffer. <paramref name="through"/> is the last id that was gathered or held back.</summary>
    private CursorState Gather(Subscription subscription, EventId head, out int frames, out int length, out int heldBack, out EventId through)
    {
        (frames, length, heldBack, through) = (0, 0, 0, subscription.LastId);
        var filter = new DeliveryFilter(subscription);
        while (heldBack < MaxHeldBack)
        {
            var state = FindNext(subscription, through, head, out var next, out var entries);
            if (state != CursorState.Entry) return state;
            ref var cursor = ref subscription.Cursors[next];
            ref readonly var entry = ref entries[cursor.Index];
            var decision = filter.Decide(cursor.Log, entry, out var segment, out var offset, out var bytes);
            // It may have been evicted since it was found.
            if (decision == DeliveryDecision.Lost) return CursorState.Evicted;
            if (decision != DeliveryDecision.Send)
            {
                if (decision == DeliveryDecision.Superseded) _counters.Superseded++;
                heldBack++;
                cursor.Index++;
                through = entry.Id;
                continue;
            }

            ReadOnlySpan<byte> frame = bytes.AsSpan(offset, entry.Length);
            if (!subscription.IsChunked) frame = EventFrame.Payload(frame, entry.PrefixLength);
            if (frame.Length > MaxGathered)
            {
                if (frames == 0) length = SendLarge(subscription, ref cursor, entry, segment, bytes, offset, frame.Length);
                return CursorState.Entry;
            }

            if (frame.Length > _scratch.Length - length) return CursorState.Entry;
            frame.CopyTo(_scratch.AsSpan(length));
            length += frame.Length;
            if (frames == _frames.Length) Array.Resize(ref _frames, frames * 2);
            _frames[frames++] = new() { Id = entry.Id, Segment = cursor.Segment, Index = cursor.Index, CursorIndex = next, End = length };
            cursor.Index++;
            through = entry.Id;
        }

        return CursorState.Entry;
    }

    /// <summary>
    /// The cursor whose next entry has the lowest id, and the entries among which it stands; entries that another log has brought already are passed over.
    /// </summary>
    private static CursorState FindNext(Subscription subscription, EventId after, EventId head, out int next, out LogEntry[] entries)
    {
        (next, entries) = (-1, []);
        var lowest = new EventId(long.MaxValue);
        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++)
        {
            var state = cursors[i].Peek(after, out var candidates, out _);
            if (state == CursorState.Evicted) return state;
            if (state == CursorState.AtHead) continue;
            var id = candidates[cursors[i].Index].Id;
            if (id > head || id >= lowest) continue;
            (lowest, next, entries) = (id, i, candidates);
        }

        return next < 0 ? CursorState.AtHead : CursorState.Entry;
    }

    // A large frame goes out alone, from its segment.
    private int SendLarge(Subscription subscription, ref Cursor cursor, in LogEntry entry, LogSegment segment, byte[] bytes, int offset, int length)
    {
        var start = subscription.IsChunked ? offset : offset + entry.PrefixLength;
        var sent = subscription.TrySend(bytes.AsSpan(start, length));
        if (sent < 0)
        {
            subscription.IsBroken = true;
            return length;
        }

        CountDeliveries(1, length);
        cursor.Index++;
        subscription.LastId = subscription.SentThrough = entry.Id;
        if (sent < length) SendRest(subscription, segment, bytes.AsMemory(start + sent, length - sent));
        return length;
    }
}
