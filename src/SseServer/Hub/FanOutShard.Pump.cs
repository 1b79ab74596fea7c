using System.Buffers;
using System.Text;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Hub;

// Pumping: what lies between a subscription's cursors and the heads of its logs goes to its connection. Live delivery, replay,
// catching up and batching are this one path.
internal sealed partial class FanOutShard
{
    // A rest larger than this is sent from its segment, which it pins; a smaller one is copied.
    private const int MaxCopiedRest = 16 * 1024;

    private const int ScratchBytes = 64 * 1024;

    // The rest of a gathered frame must be fit to be copied: the scratch buffer is the next reader's.
    private const int MaxGathered = MaxCopiedRest;

    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(ScratchBytes);
    private GatheredFrame[] _frames = new GatheredFrame[256];

    private enum PumpOutcome
    {
        AtHead,
        MoreToSend,
        Blocked,
        Reading,
        Broken,
    }

    /// <summary>A frame in the scratch buffer, and where its cursor stood before it.</summary>
    private struct GatheredFrame
    {
        public EventId Id;
        public LogSegment Segment;
        public int Index;
        public int CursorIndex;
        public int End;
    }

    /// <summary>Pumps for a turn and decides when the subscription's next turn comes.</summary>
    private void Serve(Subscription subscription, ReaderGroup? group)
    {
        try
        {
            if (subscription.IsBusy || subscription.IsEnding) return;
            var isLast = IsLastPump(subscription);
            switch (Pump(subscription))
            {
                case PumpOutcome.AtHead:
                    if (subscription.IsCatchingUp) subscription.OnCaughtUp();
                    subscription.IsCatchingUp = false;
                    ReleaseHold(subscription);
                    if (isLast) EndAfterLast(subscription);
                    break;
                case PumpOutcome.MoreToSend:
                    if (group is not null && !subscription.IsCatchingUp && subscription.HoldsUp is null)
                    {
                        subscription.HoldsUp = group;
                        group.HeldUpBy++;
                    }

                    Enqueue(subscription);
                    break;
                case PumpOutcome.Broken:
                    subscription.IsBroken = true;
                    Settle(subscription);
                    break;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fault(subscription, e);
        }
    }

    private PumpOutcome Pump(Subscription subscription)
    {
        var budget = TurnBytes;
        var saidGap = false;
        var isDirect = subscription is { IsChunked: true, Cursors.Length: 1 } && subscription.Cursors[0].Log is Topic;
        while (true)
        {
            if (MustReadStore(subscription, out var through))
            {
                var outcome = PumpStored(subscription, through, out var read);
                if (read > 0) ScheduleHeartbeat(subscription);
                if (outcome != PumpOutcome.MoreToSend) return outcome;
                budget -= read;
                if (budget <= 0) return PumpOutcome.MoreToSend;
                continue;
            }

            if (HasLoss(subscription))
            {
                if (saidGap) return PumpOutcome.MoreToSend;
                saidGap = TryWriteGap(subscription, page: null, through: subscription.LastId);
                if (subscription.IsBroken) return PumpOutcome.Broken;
                if (subscription.IsBusy) return PumpOutcome.Blocked;
            }

            var length = 0;
            var sight = isDirect ? SendRun(subscription, out length) : SendGathered(subscription, out length);
            if (subscription.IsBroken) return PumpOutcome.Broken;
            if (subscription.IsBusy) return PumpOutcome.Blocked;
            if (length > 0) ScheduleHeartbeat(subscription);
            if (sight == Cursor.Sight.Head) return PumpOutcome.AtHead;
            if (sight == Cursor.Sight.Dropped) _hub.PlaceAgain(subscription);
            budget -= length;
            if (budget <= 0) return PumpOutcome.MoreToSend;
        }
    }

    /// <summary>
    /// One topic, chunked: the frames between the cursor and the segment's end go out as they lie, in one send.
    /// </summary>
    private Cursor.Sight SendRun(Subscription subscription, out int length)
    {
        length = 0;
        ref var cursor = ref subscription.Cursors[0];
        var sight = cursor.Look(subscription.LastId, out var entries, out var count, out var bytes);
        if (sight != Cursor.Sight.Entry) return sight;
        var offset = entries[cursor.Index].Offset;
        var run = bytes.AsSpan(offset, entries[count - 1].End - offset);
        var sent = subscription.TrySend(run);
        length = run.Length;
        if (sent == run.Length)
        {
            CountDeliveries(count - cursor.Index, sent);
            cursor.Index = count;
            subscription.LastId = entries[count - 1].Id;
            return Cursor.Sight.Entry;
        }

        if (sent < 0)
        {
            subscription.IsBroken = true;
            return Cursor.Sight.Entry;
        }

        // The frame that the send stopped in is finished later; the cursor stands behind it already.
        var cut = LogSegment.FindByOffset(entries, cursor.Index, count, offset + sent);
        CountDeliveries(cut + 1 - cursor.Index, entries[cut].End - offset);
        cursor.Index = cut + 1;
        subscription.LastId = entries[cut].Id;
        SendRest(subscription, bytes.AsMemory((offset + sent)..entries[cut].End));
        return Cursor.Sight.Entry;
    }

    /// <summary>
    /// Several logs, a pattern, or no chunked coding: frames are gathered in id order up to the hub's head, each once, and sent together.
    /// </summary>
    private Cursor.Sight SendGathered(Subscription subscription, out int length)
    {
        // The head is read first: whatever is at or before it stands in the logs.
        var head = _hub.Head;
        var sight = Gather(subscription, head, out var frames, out length);
        if (frames == 0)
        {
            if (sight == Cursor.Sight.Head && head > subscription.LastId) subscription.LastId = head;
            return sight;
        }

        var sent = subscription.TrySend(_scratch.AsSpan(0, length));
        if (sent < 0)
        {
            subscription.IsBroken = true;
            return sight;
        }

        var last = frames - 1;
        if (sent < length)
        {
            var cut = 0;
            while (_frames[cut].End <= sent) cut++;
            // The cursors step back over what was gathered after the cut frame, the newest first.
            for (; last > cut; last--)
            {
                ref readonly var frame = ref _frames[last];
                (subscription.Cursors[frame.CursorIndex].Segment, subscription.Cursors[frame.CursorIndex].Index) = (frame.Segment, frame.Index);
            }

            SendRest(subscription, _scratch.AsMemory(sent.._frames[cut].End));
        }

        CountDeliveries(last + 1, _frames[last].End);
        subscription.LastId = _frames[last].Id;
        _frames.AsSpan(0, frames).Clear();
        return sight == Cursor.Sight.Head ? Cursor.Sight.Entry : sight;
    }

    private Cursor.Sight Gather(Subscription subscription, EventId head, out int frames, out int length)
    {
        (frames, length) = (0, 0);
        var after = subscription.LastId;
        while (true)
        {
            var sight = FindNext(subscription, after, head, out var next);
            if (sight != Cursor.Sight.Entry) return sight;
            ref var cursor = ref subscription.Cursors[next];
            // It may have been let go since it was looked at.
            if (cursor.Look(after, out var entries, out _, out var bytes) != Cursor.Sight.Entry) return Cursor.Sight.Dropped;
            ref readonly var entry = ref entries[cursor.Index];
            ReadOnlySpan<byte> frame = bytes.AsSpan(entry.Offset, entry.Length);
            if (!subscription.IsChunked) frame = EventFrame.Payload(frame, entry.PrefixLength);
            if (frame.Length > MaxGathered)
            {
                if (frames == 0) length = SendLarge(subscription, ref cursor, entry, bytes, frame.Length);
                return Cursor.Sight.Entry;
            }

            if (frame.Length > _scratch.Length - length) return Cursor.Sight.Entry;
            frame.CopyTo(_scratch.AsSpan(length));
            length += frame.Length;
            if (frames == _frames.Length) Array.Resize(ref _frames, frames * 2);
            _frames[frames++] = new() { Id = entry.Id, Segment = cursor.Segment, Index = cursor.Index, CursorIndex = next, End = length };
            cursor.Index++;
            after = entry.Id;
        }
    }

    /// <summary>The cursor whose next entry has the lowest id; entries that another log has brought already are passed over.</summary>
    private static Cursor.Sight FindNext(Subscription subscription, EventId after, EventId head, out int next)
    {
        next = -1;
        var lowest = new EventId(long.MaxValue);
        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++)
        {
            var sight = cursors[i].Look(after, out var entries, out _, out _);
            if (sight == Cursor.Sight.Dropped) return sight;
            if (sight == Cursor.Sight.Head) continue;
            var id = entries[cursors[i].Index].Id;
            if (id <= head && id < lowest) (lowest, next) = (id, i);
        }

        return next < 0 ? Cursor.Sight.Head : Cursor.Sight.Entry;
    }

    // A large frame goes out alone, from its segment.
    private int SendLarge(Subscription subscription, ref Cursor cursor, in LogEntry entry, byte[] bytes, int length)
    {
        var start = subscription.IsChunked ? entry.Offset : entry.Offset + entry.PrefixLength;
        var sent = subscription.TrySend(bytes.AsSpan(start, length));
        if (sent < 0)
        {
            subscription.IsBroken = true;
            return length;
        }

        CountDeliveries(1, length);
        cursor.Index++;
        subscription.LastId = entry.Id;
        if (sent < length) SendRest(subscription, bytes.AsMemory(start + sent, length - sent));
        return length;
    }

    private void SendRest(Subscription subscription, ReadOnlyMemory<byte> rest)
    {
        if (rest.Length <= MaxCopiedRest)
        {
            subscription.Output.Write(rest.Span);
            Flush(subscription);
            return;
        }

        subscription.PinnedBytes = rest.Length;
        _hub.CountPinned(rest.Length);
        Observe(subscription, subscription.Output.WriteAsync(rest));
        if (subscription.IsBusy) return;
        _hub.CountPinned(-rest.Length);
        subscription.PinnedBytes = 0;
    }

    private void CountDeliveries(int events, int bytes)
    {
        _counters.DeliveredBytes += bytes;
        _counters.Deliveries += events;
    }

    private static bool HasLoss(Subscription subscription)
    {
        if (subscription.UnknownStart is not null) return true;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
            if (cursor.MayHaveLoss(subscription.LastId)) return true;
        return false;
    }

    /// <summary>
    /// Says what was lost to the subscriber, where something was. The first event that follows is the page's, or, if it has none, memory's first after
    /// <paramref name="through"/>.
    /// </summary>
    private bool TryWriteGap(Subscription subscription, StoredPage? page, EventId through)
    {
        var lost = new List<byte[]>();
        if (!_hub.TryPlaceAfterLoss(subscription, through, lost, out var first)) return false;
        _counters.Gaps++;
        subscription.OnGap();
        if (page is { Count: > 0 }) first = new(page.Entries[0].Id);
        var after = subscription.UnknownStart is { } unknown ? Encoding.UTF8.GetString(unknown)
            : subscription.LastId.Value == 0 ? null : subscription.LastId.ToString();
        subscription.UnknownStart = null;
        _block.ResetWrittenCount();
        ControlBlocks.WriteGap(_block, lost, after, first);
        WriteBlock(subscription);
        return true;
    }
}
