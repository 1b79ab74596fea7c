using System.Buffers;
using System.Text;
using SseServer.History;

namespace SseServer.Hub;

// Pumping: what lies between a subscription's cursors and the heads of its logs goes to its connection. Live delivery, replay,
// catching up and batching are this one path.
internal sealed partial class FanOutShard
{
    // A rest larger than this is sent from its segment, which it pins; a smaller one is copied.
    private const int MaxCopiedRest = 16 * 1024;

    private enum PumpOutcome
    {
        AtHead,
        MoreToSend,
        Blocked,
        Reading,
        Broken,
    }

    /// <summary>Pumps for a turn and decides when the subscription's next turn comes.</summary>
    private void Serve(Subscription subscription, ReaderGroup? group)
    {
        try
        {
            if (subscription.IsBusy || subscription.IsEnding) return;
            var isLast = IsLastPump(subscription, out var end);
            switch (Pump(subscription))
            {
                case PumpOutcome.AtHead:
                    if (subscription.IsCatchingUp) subscription.OnCaughtUp();
                    subscription.IsCatchingUp = false;
                    ReleaseHold(subscription);
                    if (isLast) EndAfterLast(subscription, end);
                    else EndIfAnswered(subscription, isAtHead: true);
                    break;
                case PumpOutcome.Reading:
                    if (!isLast) EndIfAnswered(subscription, isAtHead: false);
                    break;
                case PumpOutcome.MoreToSend:
                    // Publishers that are faster than the reader must not keep the stream open. One whose topics have ended goes on to
                    // their end.
                    if (!isLast) EndIfAnswered(subscription, isAtHead: false);
                    if (subscription.IsEnding) break;
                    if (group is not null && !subscription.IsCatchingUp) HoldUpRounds(subscription);
                    Enqueue(subscription);
                    break;
                case PumpOutcome.Broken:
                    subscription.IsBroken = true;
                    Settle(subscription);
                    break;
            }
        }
        catch (OutOfMemoryException)
        {
            // Nobody knows how far its send came. It is ended in the next pass, which may find memory again.
            subscription.PeerLost();
            throw;
        }
        catch (Exception e)
        {
            Fault(subscription, e);
        }
    }

    private PumpOutcome Pump(Subscription subscription)
    {
        var budget = TurnBytes;
        var saidGap = false;
        var topic = subscription is { IsChunked: true, Cursors.Length: 1 } ? subscription.Cursors[0].Log as Topic : null;
        while (true)
        {
            if (MustReadStore(_hub, subscription, out var through))
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
                var loss = TryWriteGap(subscription, page: null);
                if (loss == EventHub.LossOutcome.ReadStoreFirst) continue;
                saidGap = loss == EventHub.LossOutcome.Lost;
                if (subscription.IsBroken) return PumpOutcome.Broken;
                if (subscription.IsBusy) return PumpOutcome.Blocked;
            }

            int length, heldBack = 0;
            var state = topic is not null && DeliveryFilter.PassesAll(subscription, topic) ? SendRun(subscription, out length) : SendGathered(subscription, out length, out heldBack);
            if (subscription.IsBroken) return PumpOutcome.Broken;
            if (subscription.IsBusy) return PumpOutcome.Blocked;
            if (length > 0) ScheduleHeartbeat(subscription);
            if (state == CursorState.AtHead) return ReachHead(subscription);
            if (state == CursorState.Evicted) _hub.PlaceAgain(subscription);
            budget -= length + heldBack * HeldBackCost;
            if (budget <= 0) return PumpOutcome.MoreToSend;
        }
    }

    /// <summary>The subscription has all there is. One that wanted the newest events is moved behind the history that it was not sent.</summary>
    private PumpOutcome ReachHead(Subscription subscription)
    {
        subscription.IsLagging = false;
        if (subscription.WantsLatest && subscription.LastId >= subscription.JoinedAt)
        {
            subscription.WantsLatest = false;
            var position = _hub.PositionOf(subscription);
            if (position <= subscription.SentThrough) return PumpOutcome.AtHead;
            subscription.SentThrough = position;
            _block.ResetWrittenCount();
            ControlBlocks.WritePosition(_block, position);
            WriteBlock(subscription);
            if (subscription.IsBroken) return PumpOutcome.Broken;
            if (subscription.IsBusy) return PumpOutcome.Blocked;
        }

        return PumpOutcome.AtHead;
    }

    /// <summary>
    /// One topic, chunked: the frames between the cursor and the segment's end go out as they lie, in one send.
    /// </summary>
    private CursorState SendRun(Subscription subscription, out int length)
    {
        length = 0;
        ref var cursor = ref subscription.Cursors[0];
        var state = cursor.Peek(subscription.LastId, out var entries, out var count, out var bytes);
        if (state != CursorState.Entry) return state;
        var offset = entries[cursor.Index].Offset;
        var run = bytes.AsSpan(offset, entries[count - 1].End - offset);
        var sent = subscription.TrySend(run);
        length = run.Length;
        if (sent == run.Length)
        {
            CountDeliveries(count - cursor.Index, sent);
            cursor.Index = count;
            subscription.LastId = subscription.SentThrough = entries[count - 1].Id;
            return CursorState.Entry;
        }

        if (sent < 0)
        {
            subscription.IsBroken = true;
            return CursorState.Entry;
        }

        // The frame that the send stopped in is finished later; the cursor stands behind it already.
        var cut = LogSegment.FindByOffset(entries, cursor.Index, count, offset + sent);
        CountDeliveries(cut + 1 - cursor.Index, entries[cut].End - offset);
        cursor.Index = cut + 1;
        subscription.LastId = subscription.SentThrough = entries[cut].Id;
        SendRest(subscription, entries[cut].Home, bytes.AsMemory((offset + sent)..entries[cut].End));
        return CursorState.Entry;
    }

    /// <summary>Sends the rest of a frame as the connection takes it: a copy of a short one, a long one from the segment, or the array without one, that it lies in.</summary>
    private void SendRest(Subscription subscription, LogSegment? segment, ReadOnlyMemory<byte> rest)
    {
        if (rest.Length <= MaxCopiedRest)
        {
            subscription.Output.Write(rest.Span);
            Flush(subscription);
            return;
        }

        _hub.Pinned.Add(subscription, segment, rest.Length);
        Observe(subscription, subscription.Output.WriteAsync(rest));
        if (!subscription.IsBusy) _hub.Pinned.Remove(subscription);
        else if (_hub.Pinned.IsOverBound) _hub.Pinned.CutLongest();
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
    /// Says what was lost to the subscriber, if something was. The first event that follows is the page's or, without a page that has one, memory's.
    /// </summary>
    private EventHub.LossOutcome TryWriteGap(Subscription subscription, StoredPage? page)
    {
        var lost = new List<byte[]>();
        var marks = page is null ? default : subscription.Replay!.Marks;
        var after = page is null ? subscription.LastId : subscription.Replay!.Through;
        EventId? next = page is { Count: > 0 } ? new(page.Entries[0].Id) : null;
        var outcome = _hub.TryPlaceAfterLoss(subscription, marks, after, hasNext: next is not null, lost, out var first);
        if (outcome != EventHub.LossOutcome.Lost) return outcome;
        _counters.Gaps++;
        subscription.OnGap();
        var had = subscription.UnknownStart is { } unknown ? Encoding.UTF8.GetString(unknown) : LastIdOf(subscription);
        subscription.UnknownStart = null;
        _block.ResetWrittenCount();
        ControlBlocks.WriteGap(_block, lost, had, next ?? first);
        WriteBlock(subscription);
        return outcome;
    }

    /// <summary>The id that the client has: the one that it came with, or the last one that it was sent. Not what a filter held back meanwhile. Null if it has none.</summary>
    private static string? LastIdOf(Subscription subscription)
    {
        var id = subscription.SentThrough > subscription.ResumedAfter ? subscription.SentThrough : subscription.ResumedAfter;
        return id.Value == 0 ? null : id.ToString();
    }
}
