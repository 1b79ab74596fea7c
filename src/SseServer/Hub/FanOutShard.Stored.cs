using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Hub;

// What memory no longer has comes from the store, a page at a time, until the subscription has reached what memory has.
internal sealed partial class FanOutShard
{
    /// <summary>Whether events that follow may stand in the store only, and up to which id: from there on memory has all.</summary>
    private bool MustReadStore(Subscription subscription, out EventId through)
    {
        through = default;
        if (_hub.Replays is null) return false;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
            if (cursor.Log.DroppedThrough > through) through = cursor.Log.DroppedThrough;
        return through > subscription.LastId;
    }

    /// <summary>Sends the page that is ready, or asks for the next one.</summary>
    private PumpOutcome PumpStored(Subscription subscription, EventId through, out int length)
    {
        length = 0;
        // Nobody waits for it, and it waits for those at the head.
        subscription.IsCatchingUp = true;
        ReleaseHold(subscription);
        var replay = subscription.Replay ??= new(subscription);
        if (replay.HasFailed) return PumpOutcome.Reading;
        if (replay.Take() is not { } page)
        {
            if (!replay.IsAsked) replay.Ask(subscription.LastId, through, _hub.Replays!);
            return PumpOutcome.Reading;
        }

        try
        {
            // The page was read first: whatever it lacks was let go before now.
            if (HasLoss(subscription) && TryWriteGap(subscription, page, replay.Through) && (subscription.IsBroken || subscription.IsBusy))
                return subscription.IsBroken ? PumpOutcome.Broken : PumpOutcome.Blocked;
            return SendPage(subscription, page, replay.Through, out length);
        }
        finally
        {
            _hub.Replays!.Return(page);
        }
    }

    private PumpOutcome SendPage(Subscription subscription, StoredPage page, EventId through, out int length)
    {
        length = subscription.IsChunked ? page.Length : TakeOffEnvelopes(page);
        var entries = page.Entries.AsSpan(0, page.Count);
        var sent = length == 0 ? 0 : subscription.TrySend(page.Bytes.AsSpan(0, length));
        if (sent < 0) return PumpOutcome.Broken;
        if (sent == length)
        {
            CountDeliveries(entries.Length, length);
            if (page.IsEnd) subscription.LastId = through;
            else if (entries.Length > 0) subscription.LastId = new(entries[^1].Id);
            if (page.IsEnd) _hub.PlaceAgain(subscription);
            return PumpOutcome.MoreToSend;
        }

        var cut = 0;
        while (entries[cut].Offset + entries[cut].Length <= sent) cut++;
        var end = entries[cut].Offset + entries[cut].Length;
        CountDeliveries(cut + 1, end);
        subscription.LastId = new(entries[cut].Id);
        var rest = page.Bytes.AsMemory(sent..end);
        // The page is the next reader's, so a rest too large for the output's buffer is copied.
        SendRest(subscription, rest.Length > MaxCopiedRest ? rest.ToArray() : rest);
        if (subscription.IsBroken) return PumpOutcome.Broken;
        return subscription.IsBusy ? PumpOutcome.Blocked : PumpOutcome.MoreToSend;
    }

    /// <summary>Turns a page's frames into what a reader without chunked coding gets, in place; returns the bytes that are left.</summary>
    private static int TakeOffEnvelopes(StoredPage page)
    {
        var length = 0;
        foreach (ref var entry in page.Entries.AsSpan(0, page.Count))
        {
            var payload = EventFrame.Payload(page.Bytes.AsSpan(entry.Offset, entry.Length), entry.PrefixLength);
            payload.CopyTo(page.Bytes.AsSpan(length));
            (entry.Offset, entry.Length) = (length, payload.Length);
            length += payload.Length;
        }

        return length;
    }

    private void OnPageReady(Subscription subscription)
    {
        if (subscription.Replay!.HasFailed)
        {
            // A clean end, after which the client comes back.
            subscription.End(NextRetry());
            return;
        }

        if (!subscription.IsBusy && subscription is { IsEnding: false, IsBroken: false }) Serve(subscription, group: null);
        // A reader that cannot take the page does not keep it from others.
        else if (subscription.Replay.Take() is { } page) _hub.Replays!.Return(page);
    }
}
