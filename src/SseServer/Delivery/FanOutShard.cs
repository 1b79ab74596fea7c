using SseServer.Catalog;

namespace SseServer.Delivery;

/// <summary>
/// Serves a share of the subscriptions. It alone writes to their streams, so output needs no lock. One thread at a time runs a shard
/// (<see cref="ShardInbox"/>): its own, or a publisher's if only a few subscribers are due, so that a lone subscriber is served without a
/// hop to another thread. This file has the passes and turns; <c>FanOutShard.Subscriptions</c> the life of a subscription,
/// <c>FanOutShard.Sweep</c> what happens by the clock. <see cref="Pump"/> sends events, <see cref="ShardWriter"/> everything else.
/// </summary>
internal sealed partial class FanOutShard : IDisposable
{
    /// <summary>The most subscribers that a publisher serves on its own thread.</summary>
    public const int InlineSubscribers = 4;

    // Subscribers of one group visited in one turn, before another topic's turn: about two milliseconds of sends.
    private const int TurnVisits = 256;

    // Turns for subscribers that catch up, in each pass.
    private const int CatchUpTurns = 4;

    private readonly HubClock _clock;
    private readonly EventIdSequence _ids;
    private readonly TopicCatalog _catalog;
    private readonly CursorPlacement _placement;
    private readonly PinnedHistory _pinned;
    private readonly ReconnectionTimes _times;
    private readonly StoreReaderPool? _replays;
    private readonly Faults _faults;
    private readonly Thread _thread;
    private readonly ShardWriter _writer;
    private readonly FrameRenderer _renderer = new();
    private readonly Pump _pump;
    private readonly Queue<SubscriberGroup> _live = new();
    private readonly Queue<Subscription> _catchingUp = new();
    private Subscription[] _subscriptions = new Subscription[16];
    private int _count;

    /// <param name="index">Its index among all shards.</param>
    /// <param name="catalog">The logs.</param>
    /// <param name="placement">Moves cursors.</param>
    /// <param name="pinned">Counts the memory that pending writes keep alive.</param>
    /// <param name="times">The reconnection times sent to clients.</param>
    /// <param name="replays">Reads the store; null without one.</param>
    /// <param name="faults">Takes our own bugs.</param>
    public FanOutShard(
        int index, TopicCatalog catalog, CursorPlacement placement, PinnedHistory pinned, ReconnectionTimes times, StoreReaderPool? replays,
        Faults faults)
    {
        (_catalog, _clock, _ids, _placement, _pinned) = (catalog, catalog.Clock, catalog.Ids, placement, pinned);
        (_times, _replays, _faults) = (times, replays, faults);
        Inbox = new(index);
        _writer = new(catalog.Options, _clock, placement, pinned, times);
        _pump = new(catalog, placement, replays, _renderer, _writer, Counters);
        _thread = new Thread(Run) { IsBackground = true, Name = $"fan-out {index}" };
    }

    /// <summary>Where other threads hand over work.</summary>
    public ShardInbox Inbox { get; }

    /// <summary>Subscriptions served.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What the shard has done so far.</summary>
    public ShardCounters Counters { get; } = new();

    public void Start() => _thread.Start();

    /// <summary>
    /// Serves due subscribers on the calling thread if they are few and no other thread runs the shard; otherwise wakes the shard's thread.
    /// </summary>
    public void ServeOrWake(int dueSubscribers)
    {
        if (dueSubscribers > InlineSubscribers || !Inbox.HasOnlyDirty || !Inbox.TryEnter())
        {
            Inbox.Wake();
            return;
        }

        try
        {
            Pass();
        }
        finally
        {
            // Also if memory ran out in the pass: otherwise no thread could ever run the shard again.
            Inbox.LeaveToThread();
        }
    }

    public void Dispose()
    {
        Inbox.Stop();
        if (_thread.IsAlive) _thread.Join();
        Inbox.Dispose();
        _renderer.Dispose();
    }

    private void Run()
    {
        while (!Inbox.IsStopping)
        {
            if (Inbox.HasWork && Inbox.TryEnter())
            {
                do Pass();
                while (Inbox.HasWork && !Inbox.IsStopping);
                Inbox.Leave();
            }

            Inbox.WaitForWork();
        }
    }

    /// <summary>
    /// One pass: handed-over work, a turn for each dirty group, some turns for subscribers that catch up. If memory runs out in a pass, the
    /// next one does the rest.
    /// </summary>
    private void Pass()
    {
        try
        {
            _writer.Now = _clock.Milliseconds;
            Inbox.TakeSignalled();
            while (Inbox.NextSignalled() is { } signalled) TakeSignals(signalled);
            if (Inbox.TakeSweep()) Sweep();
            if (Inbox.TakeStep()) TakeStep();
            TakeDirty();
            for (var groups = _live.Count; groups > 0; groups--) TakeTurnOfNext();
            for (var turns = Math.Min(CatchUpTurns, _catchingUp.Count); turns > 0; turns--)
            {
                var subscription = _catchingUp.Dequeue();
                subscription.IsQueued = false;
                Serve(subscription, group: null);
            }
        }
        finally
        {
            Inbox.SetLocalWork(_live.Count + _catchingUp.Count);
        }

        Inbox.CompletePass();
    }

    private void TakeDirty()
    {
        Inbox.TakeDirty();
        while (Inbox.NextDirty() is { } group)
        {
            if (group.Remaining > 0) group.IsDueAgain = true;
            else if (group.Count > 0)
            {
                group.BeginVisit(_ids.Head);
                _live.Enqueue(group);
            }
        }
    }

    private void TakeTurnOfNext()
    {
        var group = _live.Dequeue();
        var isTaken = false;
        try
        {
            isTaken = TakeTurn(group);
        }
        finally
        {
            if (!isTaken) _live.Enqueue(group);
        }
    }

    /// <summary>Serves some subscribers of a group; false if the group is to have another turn.</summary>
    private bool TakeTurn(SubscriberGroup group)
    {
        for (var visits = TurnVisits; group.Remaining > 0 && visits > 0; visits--)
        {
            group.Remaining--;
            var subscription = group[group.Remaining];
            if (subscription.CanSend && !subscription.IsQueued) Serve(subscription, group);
        }

        if (group.Remaining > 0) return false;
        group.TryEndRound();
        if (!group.IsDueAgain) return true;
        group.BeginVisit(_ids.Head);
        return false;
    }

    /// <summary>Pumps for a turn and decides when the subscription's next turn comes.</summary>
    private void Serve(Subscription subscription, SubscriberGroup? group)
    {
        try
        {
            if (!subscription.CanSend) return;
            var isLast = IsLastTurn(subscription, out var end);
            switch (_pump.Run(subscription))
            {
                case PumpOutcome.AtHead:
                    if (subscription.Pace != SubscriberPace.Live) subscription.OnCaughtUp();
                    subscription.Pace = SubscriberPace.Live;
                    subscription.ReleaseRounds();
                    if (isLast) EndAfterLast(subscription, end);
                    else EndIfAnswered(subscription, isAtHead: true);
                    break;
                case PumpOutcome.Reading:
                    if (!isLast) EndIfAnswered(subscription, isAtHead: false);
                    break;
                case PumpOutcome.MoreToSend:
                    // Publishers that are faster than the subscriber must not keep the stream open. A stream whose topics have ended
                    // continues to their end.
                    if (!isLast) EndIfAnswered(subscription, isAtHead: false);
                    if (!subscription.IsOpen) break;
                    if (group is not null && subscription.Pace == SubscriberPace.Live) subscription.BlockRounds();
                    Enqueue(subscription);
                    break;
                case PumpOutcome.Answered:
                    subscription.BeginEnd();
                    Settle(subscription);
                    break;
                case PumpOutcome.Stopped:
                    Settle(subscription);
                    break;
            }
        }
        catch (OutOfMemoryException)
        {
            // How much was sent is unknown. The stream is ended in the next pass, when there may be memory again.
            subscription.PeerLost();
            throw;
        }
        catch (Exception e)
        {
            Fault(subscription, e);
        }
    }

    private void Enqueue(Subscription subscription)
    {
        if (subscription.IsQueued) return;
        subscription.IsQueued = true;
        _catchingUp.Enqueue(subscription);
    }
}
