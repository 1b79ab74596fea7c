using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Sends a subscription what follows its position. Live delivery, replay, catching up, and batching under load are this one loop: choose
/// the source that has the next events, announce losses, send the source's next run, move the position. The sources differ in where frames
/// come from; everything that follows from a send is in <see cref="Send"/>. Used only by the thread that runs the shard.
/// </summary>
internal sealed class Pump(
    TopicCatalog catalog, CursorPlacement placement, StoreReaderPool? replays, FrameRenderer renderer, ShardWriter writer,
    ShardCounters counters)
{
    // What one subscriber is sent in a turn: some milliseconds of a fast link, a fraction of a millisecond of CPU.
    private const int TurnBytes = 128 * 1024;

    // What a skipped event counts for in a turn, in bytes: about the cost of examining it.
    private const int SkipCost = 16;

    private readonly bool _isStored = catalog.Ids.IsStored;
    private readonly SegmentSource _segment = new();
    private readonly MergedSource _merged = new(catalog.Ids, renderer, counters);
    private readonly StoreSource _store = new(replays, renderer);
    private readonly LossReporter _losses = new(placement, writer, counters);

    /// <summary>What is left of a subscription's turn.</summary>
    private struct Turn
    {
        public int Bytes;
        public bool WroteGap;
    }

    /// <summary>Sends what follows, for one turn.</summary>
    /// <param name="subscription">It can send.</param>
    public PumpOutcome Run(Subscription subscription)
    {
        var turn = new Turn { Bytes = TurnBytes };
        PumpOutcome? outcome;
        do
        {
            if (subscription.Poll is { IsFull: true }) return PumpOutcome.Answered;
            var source = SourceFor(subscription, out var through);
            outcome = source == _store ? SendPage(subscription, through, ref turn) : SendNext(subscription, source, page: null, ref turn);
        }
        while (outcome is null);
        return outcome.Value;
    }

    /// <summary>Returns the page that is ready for a subscription that cannot use it now, so that others can.</summary>
    public void ReturnPage(Subscription subscription)
    {
        if (subscription.Replay!.Take() is { } page) _store.Return(page);
    }

    // Depends only on the position, the logs' marks, and the subscription.
    private FrameSource SourceFor(Subscription subscription, out EventId through)
    {
        through = default;
        if (_isStored && StoreSource.MustRead(subscription, out through)) return _store;
        if (subscription is { TakesFrames: true, Cursors.Length: 1 } && subscription.Cursors[0].Log is Topic topic
            && DeliveryFilter.PassesAll(subscription, topic)) return _segment;
        return _merged;
    }

    private PumpOutcome? SendPage(Subscription subscription, EventId through, ref Turn turn)
    {
        // Publishers do not wait for it, and live subscribers are served first.
        if (subscription.Pace == SubscriberPace.Live) subscription.Pace = SubscriberPace.CatchingUp;
        subscription.ReleaseRounds();
        if (_store.TryTake(subscription, through) is not { } page) return PumpOutcome.Reading;
        try
        {
            return SendNext(subscription, _store, page, ref turn);
        }
        finally
        {
            _store.Return(page);
        }
    }

    /// <summary>Announces losses before the next run, then sends the run; null if the turn continues.</summary>
    private PumpOutcome? SendNext(Subscription subscription, FrameSource source, StoredPage? page, ref Turn turn)
    {
        // Memory: check for losses first, read second. If something is evicted in between, the cursor is evicted, and the next check finds
        // the loss. The store: the page was read first, so the events that it lacks were marked as evicted before.
        if (LossReporter.HasLoss(subscription))
        {
            if (subscription.Poll is { HasEvents: true }) return PumpOutcome.Answered;
            if (page is null && turn.WroteGap) return PumpOutcome.MoreToSend;
            var loss = _losses.TryWriteGap(subscription, page);
            // Memory: the store has the next events after all. An empty page: memory has dropped more since, which the next page has.
            if (loss == CursorPlacement.LossOutcome.ReadStoreFirst) return null;
            if (page is null) turn.WroteGap = loss == CursorPlacement.LossOutcome.Lost;
            if (!subscription.CanSend) return PumpOutcome.Stopped;
        }

        if (page is { Damage.Count: > 0 })
        {
            if (subscription.Poll is { HasEvents: true }) return PumpOutcome.Answered;
            _losses.TryWriteDamage(subscription, page);
            if (!subscription.CanSend) return PumpOutcome.Stopped;
        }

        var status = source.Next(subscription, out var run);
        var isWhole = Send(subscription, source, run);
        if (!subscription.CanSend) return PumpOutcome.Stopped;
        if (status == RunStatus.AtHead) return ReachHead(subscription);
        if (status == RunStatus.MustSeek && isWhole) placement.SeekAgain(subscription);
        turn.Bytes -= run.Length + run.Skipped * SkipCost;
        return turn.Bytes > 0 ? null : PumpOutcome.MoreToSend;
    }

    /// <summary>
    /// Sends a run and moves the subscription behind it, or behind the frame that the send stopped in, whose rest is sent as the connection
    /// takes it. So a position is always at a frame boundary. True if the whole run was sent.
    /// </summary>
    private bool Send(Subscription subscription, FrameSource source, in FrameRun run)
    {
        if (run.Frames == 0)
        {
            // Skipped events count as received: evicting them later is no loss, and a cursor that seeks again starts after them.
            if (run.Through > subscription.LastId) subscription.LastId = run.Through;
            return true;
        }

        var sent = subscription.TrySend(run.Bytes.AsSpan(run.Offset, run.Length));
        if (sent < 0)
        {
            source.Advance(subscription, run, frames: 0);
            subscription.Break();
            return false;
        }

        writer.ScheduleHeartbeat(subscription);
        if (sent == run.Length)
        {
            source.Advance(subscription, run, run.Frames);
            Count(subscription, run.Frames, run.Length);
            (subscription.LastId, subscription.SentThrough) = (run.Through, run.LastFrame);
            return true;
        }

        var cut = source.FindCut(run, sent);
        source.Advance(subscription, run, cut.Frames);
        Count(subscription, cut.Frames, cut.End);
        (subscription.LastId, subscription.SentThrough) = (cut.Id, cut.Id);
        writer.WriteRest(subscription, run.Bytes.AsMemory(run.Offset + sent, cut.End - sent), run.Owner);
        return false;
    }

    private void Count(Subscription subscription, int events, int bytes)
    {
        subscription.Poll?.Count(events);
        counters.Deliveries += events;
        counters.DeliveredBytes += bytes;
    }

    // A subscription that wanted only the newest events of history gets a position behind those that it was not sent.
    private PumpOutcome ReachHead(Subscription subscription)
    {
        if (subscription.IsLagging) subscription.Pace = SubscriberPace.CatchingUp;
        if (!subscription.WantsLatest || subscription.LastId < subscription.JoinedAt) return PumpOutcome.AtHead;
        subscription.WantsLatest = false;
        var position = placement.PositionOf(subscription);
        if (position <= subscription.SentThrough) return PumpOutcome.AtHead;
        writer.WritePosition(subscription, position);
        return subscription.CanSend ? PumpOutcome.AtHead : PumpOutcome.Stopped;
    }
}

/// <summary>Why a turn of the <see cref="Pump"/> ended.</summary>
internal enum PumpOutcome
{
    /// <summary>The subscription has everything.</summary>
    AtHead,

    /// <summary>The turn is used up, and there is more.</summary>
    MoreToSend,

    /// <summary>It is a poll whose response takes no more.</summary>
    Answered,

    /// <summary>The next events are in the store and are being read; a signal follows.</summary>
    Reading,

    /// <summary>The connection takes no bytes now: a write is pending, or it is broken.</summary>
    Stopped,
}
