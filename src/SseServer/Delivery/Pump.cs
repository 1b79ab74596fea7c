using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Sends a subscription what follows its position. Live delivery, replay, catching up, and batching under load are this one loop: choose
/// the source that has what follows, announce losses, send the source's next run, move the position. The sources differ in where frames
/// come from; everything that follows from a send is in <see cref="Send"/>. Used only by the thread that runs the shard.
/// </summary>
internal sealed class Pump(
    TopicCatalog catalog, CursorPlacement placement, StoreReaderPool? replays, ShardWriter writer, ShardCounters counters)
{
    // What one reader gets in a turn: some milliseconds of a fast link, a fraction of one of this CPU's.
    private const int TurnBytes = 128 * 1024;

    // What an event that is passed over counts for in a turn: about what looking at it costs, next to sending bytes.
    private const int SkipCost = 16;

    private readonly bool _isStored = catalog.Ids.IsStored;
    private readonly SegmentSource _segment = new();
    private readonly MergedSource _merged = new(catalog.Ids, counters);
    private readonly StoreSource _store = new(replays);
    private readonly LossReporter _losses = new(placement, writer, counters);

    /// <summary>What is left of a subscription's turn.</summary>
    private struct Turn
    {
        public int Bytes;
        public bool SaidGap;
    }

    /// <summary>Sends what follows, for one turn.</summary>
    /// <param name="subscription">It can send.</param>
    public PumpOutcome Run(Subscription subscription)
    {
        var turn = new Turn { Bytes = TurnBytes };
        PumpOutcome? outcome;
        do
        {
            var source = SourceFor(subscription, out var through);
            outcome = source == _store ? SendPage(subscription, through, ref turn) : SendNext(subscription, source, page: null, ref turn);
        }
        while (outcome is null);
        return outcome.Value;
    }

    /// <summary>Returns the page that is ready for a subscription that has no use for it now, so that others can have it.</summary>
    public void ReturnPage(Subscription subscription)
    {
        if (subscription.Replay!.Take() is { } page) _store.Return(page);
    }

    // Which source has what follows, by the position, the logs' marks, and the subscription alone.
    private FrameSource SourceFor(Subscription subscription, out EventId through)
    {
        through = default;
        if (_isStored && StoreSource.MustRead(subscription, out through)) return _store;
        if (subscription is { IsChunked: true, Cursors.Length: 1 } && subscription.Cursors[0].Log is Topic topic
            && DeliveryFilter.PassesAll(subscription, topic)) return _segment;
        return _merged;
    }

    private PumpOutcome? SendPage(Subscription subscription, EventId through, ref Turn turn)
    {
        // Publishers do not wait for it, and live readers are served first.
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

    /// <summary>Announces losses before the next run and sends it; null if the turn goes on.</summary>
    private PumpOutcome? SendNext(Subscription subscription, FrameSource source, StoredPage? page, ref Turn turn)
    {
        // Memory: losses first, reading second. Whatever is evicted in between leaves the cursor evicted, and the next look finds the loss.
        // The store: the page was read first, so whatever it lacks was noted as evicted by then.
        if (LossReporter.HasLoss(subscription))
        {
            if (page is null && turn.SaidGap) return PumpOutcome.MoreToSend;
            var loss = _losses.TryWriteGap(subscription, page);
            // Of memory: the store comes first after all. Of an empty page: memory has dropped more since, and the next page begins with
            // that.
            if (loss == CursorPlacement.LossOutcome.ReadStoreFirst) return null;
            if (page is null) turn.SaidGap = loss == CursorPlacement.LossOutcome.Lost;
            if (!subscription.CanSend) return PumpOutcome.Stopped;
        }

        if (page is { Damage.Count: > 0 })
        {
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
            // What was passed over counts as received: its loss later is none, and a cursor that is placed again comes after it.
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
            Count(run.Frames, run.Length);
            (subscription.LastId, subscription.SentThrough) = (run.Through, run.LastFrame);
            return true;
        }

        var cut = source.FindCut(run, sent);
        source.Advance(subscription, run, cut.Frames);
        Count(cut.Frames, cut.End);
        (subscription.LastId, subscription.SentThrough) = (cut.Id, cut.Id);
        writer.WriteRest(subscription, run.Bytes.AsMemory(run.Offset + sent, cut.End - sent), run.Owner);
        return false;
    }

    private void Count(int events, int bytes)
    {
        counters.Deliveries += events;
        counters.DeliveredBytes += bytes;
    }

    // One that wanted the newest events of history is moved behind the events that it was not sent.
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
