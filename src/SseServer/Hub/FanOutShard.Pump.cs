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
        var topic = subscription is { IsChunked: true, Cursors.Length: 1 } ? subscription.Cursors[0].Log as Topic : null;
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

            int length, heldBack = 0;
            var sight = topic is not null && Sieve.IsOpen(subscription, topic) ? SendRun(subscription, out length) : SendGathered(subscription, out length, out heldBack);
            if (subscription.IsBroken) return PumpOutcome.Broken;
            if (subscription.IsBusy) return PumpOutcome.Blocked;
            if (length > 0) ScheduleHeartbeat(subscription);
            if (sight == Cursor.Sight.Head) return ReachHead(subscription);
            if (sight == Cursor.Sight.Dropped) _hub.PlaceAgain(subscription);
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
            subscription.LastId = subscription.SentThrough = entries[count - 1].Id;
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
        subscription.LastId = subscription.SentThrough = entries[cut].Id;
        SendRest(subscription, bytes.AsMemory((offset + sent)..entries[cut].End));
        return Cursor.Sight.Entry;
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
