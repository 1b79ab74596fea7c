using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Hub;

// What memory no longer has comes from the store, a page at a time, until the subscription has reached what memory has.
internal sealed partial class FanOutShard
{
    /// <summary>
    /// Whether events that follow may stand in the store only, and up to which id: from there on memory has all. Who is not sent what is superseded needs the store for less, since
    /// memory keeps the newest of each key.
    /// </summary>
    internal static bool MustReadStore(EventHub hub, Subscription subscription, out EventId through)
    {
        through = default;
        if (hub.Replays is null) return false;
        var isInSnapshot = subscription.IsInSnapshot;
        var wantsNewest = isInSnapshot || (subscription.IsLagging && subscription.LastId >= subscription.JoinedAt);
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            var level = wantsNewest ? cursor.Log.MissedThrough : cursor.Log.DroppedThrough;
            if (level > through) through = level;
        }

        // What comes after its joining is wanted whole.
        if (isInSnapshot && through > subscription.JoinedAt) through = subscription.JoinedAt;
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
        var page = replay.Take();
        if (page is not null && replay.After != subscription.LastId)
        {
            // It was asked for at another place, from where memory had all after all.
            _hub.Replays!.Return(page);
            page = null;
        }

        if (page is null)
        {
            if (!replay.IsAsked) replay.Ask(subscription.LastId, through, subscription.IsInSnapshot, _hub.Replays!);
            return PumpOutcome.Reading;
        }

        try
        {
            // The page was read first: whatever it lacks was noted as evicted by then.
            var loss = HasLoss(subscription) ? TryWriteGap(subscription, page) : EventHub.LossOutcome.None;
            // An empty page, and memory has dropped more since: the next one begins with what follows.
            if (loss == EventHub.LossOutcome.ReadStoreFirst) return PumpOutcome.MoreToSend;
            if (!subscription.IsBroken && !subscription.IsBusy && page.Damage.Count > 0) TryWriteDamage(subscription, page);
            if (subscription.IsBroken) return PumpOutcome.Broken;
            if (subscription.IsBusy) return PumpOutcome.Blocked;
            return SendPage(subscription, page, replay.Through, out length);
        }
        finally
        {
            _hub.Replays!.Return(page);
        }
    }

    private PumpOutcome SendPage(Subscription subscription, StoredPage page, EventId through, out int length)
    {
        var last = page.Count > 0 ? new EventId(page.Entries[page.Count - 1].Id) : subscription.LastId;
        var entries = page.Entries.AsSpan(0, page.Count);
        length = page.Length;
        if (!subscription.IsChunked || subscription.Filter is not null) entries = Sift(page, new DeliveryFilter(subscription), subscription.IsChunked, out length);
        var sent = length == 0 ? 0 : subscription.TrySend(page.Bytes.AsSpan(0, length));
        if (sent < 0) return PumpOutcome.Broken;
        if (sent == length)
        {
            CountDeliveries(entries.Length, length);
            if (entries.Length > 0) subscription.SentThrough = new(entries[^1].Id);
            subscription.LastId = page.IsEnd ? through : last;
            if (page.IsEnd) _hub.PlaceAgain(subscription);
            return PumpOutcome.MoreToSend;
        }

        var cut = 0;
        while (entries[cut].Offset + entries[cut].Length <= sent) cut++;
        var end = entries[cut].Offset + entries[cut].Length;
        CountDeliveries(cut + 1, end);
        subscription.LastId = subscription.SentThrough = new(entries[cut].Id);
        var rest = page.Bytes.AsMemory(sent..end);
        // The page is the next reader's, so a rest too large for the output's buffer is copied.
        SendRest(subscription, segment: null, rest.Length > MaxCopiedRest ? rest.ToArray() : rest);
        if (subscription.IsBroken) return PumpOutcome.Broken;
        return subscription.IsBusy ? PumpOutcome.Blocked : PumpOutcome.MoreToSend;
    }

    /// <summary>
    /// Leaves of a page, in place, what passes the filter and, for a reader without chunked coding, of each frame what such a reader gets; returns the entries and bytes that are left.
    /// </summary>
    private static Span<StoredEntry> Sift(StoredPage page, scoped in DeliveryFilter filter, bool isChunked, out int length)
    {
        length = 0;
        var count = 0;
        var entries = page.Entries.AsSpan(0, page.Count);
        foreach (ref readonly var entry in entries)
        {
            ReadOnlySpan<byte> frame = page.Bytes.AsSpan(entry.Offset, entry.Length);
            if (filter.Excludes(frame, entry.PrefixLength, entry.IsFinal)) continue;
            if (!isChunked) frame = EventFrame.Payload(frame, entry.PrefixLength);
            frame.CopyTo(page.Bytes.AsSpan(length));
            entries[count++] = entry with { Offset = length, Length = frame.Length };
            length += frame.Length;
        }

        return entries[..count];
    }

    private void OnPageReady(Subscription subscription)
    {
        if (subscription.Replay!.HasFailed)
        {
            // A clean end, after which the client comes back.
            subscription.End(NextRetry());
            return;
        }

        var mayServe = subscription is { IsBusy: false, IsEnding: false, IsBroken: false };
        if (mayServe) Serve(subscription, group: null);
        // A reader that cannot take the page, or has no use for it any more, does not keep it from others.
        if ((!mayServe || subscription.Replay.After != subscription.LastId) && subscription.Replay.Take() is { } page) _hub.Replays!.Return(page);
    }
}
