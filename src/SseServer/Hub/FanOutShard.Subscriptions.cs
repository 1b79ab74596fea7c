using System.Buffers;

namespace SseServer.Hub;

// A subscription's life on its shard: joining, signals, heartbeats, the end.
internal sealed partial class FanOutShard
{
    private void TakeSignals()
    {
        if (_takenSignals is null && Volatile.Read(ref _signalled) is not null)
            _takenSignals = Reverse(Interlocked.Exchange(ref _signalled, null));
        while (_takenSignals is { } subscription)
        {
            _takenSignals = subscription.NextSignalled;
            subscription.NextSignalled = null;
            var signals = subscription.TakeSignals();
            if (!subscription.IsEnded) OnSignals(subscription, signals);
        }
    }

    // The stack gives the newest first; those who came first are served first.
    private static Subscription? Reverse(Subscription? stack)
    {
        Subscription? reversed = null;
        while (stack is not null) (stack.NextSignalled, reversed, stack) = (reversed, stack, stack.NextSignalled);
        return reversed;
    }

    private void OnSignals(Subscription subscription, Subscription.Signals signals)
    {
        try
        {
            if (signals.HasFlag(Subscription.Signals.Joined)) Join(subscription);
            if (signals.HasFlag(Subscription.Signals.WriteDone)) OnWriteDone(subscription);
            if (signals.HasFlag(Subscription.Signals.PeerLost)) subscription.IsBroken = true;
            if (signals.HasFlag(Subscription.Signals.PinIsCut)) CutIfPinning(subscription);
            if (signals.HasFlag(Subscription.Signals.PageReady)) OnPageReady(subscription);
            if (signals.HasFlag(Subscription.Signals.PeerFinished)) OnPeerFinished(subscription);
            if (signals.HasFlag(Subscription.Signals.EndRequested)) Finish(subscription);

            Settle(subscription);
        }
        catch (OutOfMemoryException)
        {
            subscription.PeerLost();
            throw;
        }
        catch (Exception e)
        {
            Fault(subscription, e);
        }
    }

    private void Join(Subscription subscription)
    {
        if (_count == _subscriptions.Length) Array.Resize(ref _subscriptions, _count * 2);
        subscription.ShardIndex = _count;
        _subscriptions[_count] = subscription;
        Volatile.Write(ref _count, _count + 1);
        _counters.Opened++;

        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++) GroupOf(cursors[i].Log).Add(subscription, i, _hub.Head);
        // Registered first, placed second: what is published in between marks the group and is found by the cursor.
        subscription.IsCatchingUp = true;
        Greet(subscription, _hub.Place(subscription));
        ScheduleHeartbeat(subscription);
        if (_departure is { IsDrain: true } departure)
        {
            subscription.IsDismissed = true;
            subscription.End(departure.RetryAt(Random.Shared.NextDouble(), _hub.Milliseconds));
        }

        if (!subscription.IsBusy && !subscription.IsBroken) Enqueue(subscription);
    }

    private ReaderGroup GroupOf(EventLog log)
    {
        ref var group = ref log.Groups[_index];
        if (group is null) Volatile.Write(ref group, new ReaderGroup(log, this));
        return group;
    }

    private void Greet(Subscription subscription, EventHub.Placement placement)
    {
        var output = subscription.Output;
        output.Write(subscription.Preamble.Span);
        subscription.Preamble = default;
        _block.ResetWrittenCount();
        var retry = NextRetry();
        ControlBlocks.WriteGreeting(_block, placement.Position, retry, _hub.Time.GetUtcNow());
        if (placement.IsUnknown) subscription.UnknownStart = subscription.Start.Text;
        if (subscription.Lifetime is { IsNoticed: false } lifetime && lifetime.NoticeAt <= _hub.Time.GetUtcNow()) BufferNotice(lifetime);
        subscription.Start = default;
        WriteBlock(subscription);
    }

    private void OnWriteDone(Subscription subscription)
    {
        _hub.Pinned.Remove(subscription);
        if (!subscription.CompleteWrite()) subscription.IsBroken = true;
        if (subscription is { IsEnding: false, IsBroken: false }) Enqueue(subscription);
    }

    // A FIN is no abort (RFC 9112 section 9.6): what was asked for is answered, up to the head of now, in as many turns as that takes.
    private void OnPeerFinished(Subscription subscription)
    {
        subscription.EndsAt ??= _hub.Head;
        if (subscription is { IsBusy: false, IsEnding: false, IsBroken: false }) Enqueue(subscription);
    }

    /// <summary>Ends the stream of a peer that has sent its FIN, once everything up to the head of that moment was sent.</summary>
    /// <param name="subscription">Whose stream it is.</param>
    /// <param name="isAtHead">It has all that its logs hold. Its last id may be lower than the head, which may be another topic's.</param>
    private void EndIfAnswered(Subscription subscription, bool isAtHead)
    {
        if (subscription.EndsAt is not { } last || (!isAtHead && subscription.LastId < last)) return;
        subscription.IsEnding = true;
        Settle(subscription);
    }

    // Who is sent away gets one more turn now and the rest when it comes back.
    private void Finish(Subscription subscription)
    {
        if (!subscription.IsBusy && !subscription.IsBroken) Pump(subscription);
        subscription.IsEnding = true;
    }

    /// <summary>Brings an ending or broken subscription to its end, as far as that goes without waiting.</summary>
    private void Settle(Subscription subscription)
    {
        if (subscription.IsBusy || subscription.IsEnded) return;
        if (subscription.IsEnding && !subscription.IsBroken && !subscription.IsEndWritten)
        {
            WriteEnd(subscription);
            if (subscription.IsBusy) return;
        }

        if (subscription.IsBroken) Remove(subscription, StreamEnding.Broken);
        else if (subscription.IsEnding) Remove(subscription, subscription.IsDismissed ? StreamEnding.Dismissed : StreamEnding.Complete);
    }

    private void Remove(Subscription subscription, StreamEnding ending)
    {
        subscription.IsEnded = true;
        if (ending == StreamEnding.Broken) _counters.Broken++;
        else _counters.Completed++;
        ReleaseHold(subscription);
        if (subscription.Replay?.Abandon() is { } page) _hub.Replays!.Return(page);
        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++) cursors[i].Log.Groups[_index]!.Remove(subscription, i);
        var last = _subscriptions[_count - 1];
        _subscriptions[subscription.ShardIndex] = last;
        last.ShardIndex = subscription.ShardIndex;
        _subscriptions[_count - 1] = null!;
        Volatile.Write(ref _count, _count - 1);
        _hub.Release(cursors);
        subscription.Cursors = [];
        subscription.OnEnded(ending);
    }

    /// <summary>Tells and ends those whose time has come, and breaks the silence of those who are due. A subscription with a write pending is not silent.</summary>
    private void Sweep()
    {
        // The tick may have come after the pass began.
        _now = _hub.Milliseconds;
        var wallClock = _hub.Time.GetUtcNow();
        var slow = 0;
        for (var i = _count - 1; i >= 0; i--)
        {
            var subscription = _subscriptions[i];
            if (subscription.IsBusy) slow++;
            if (subscription.IsEnding) continue;
            try
            {
                if (subscription.Lifetime is { } lifetime) CheckLifetime(subscription, lifetime, wallClock);
                if (subscription.HeartbeatDue > _now || subscription.IsBusy || subscription.IsEnding) continue;
                WriteHeartbeat(subscription);
                ScheduleHeartbeat(subscription);
                Settle(subscription);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Fault(subscription, e);
            }
        }

        _counters.Slow = slow;
    }

    // Spread over the last quarter of the interval by the reader's number: readers of one topic were all last written to in the same millisecond.
    private void ScheduleHeartbeat(Subscription subscription)
    {
        var spread = (uint)subscription.ShardIndex * 2654435769u;
        subscription.HeartbeatDue = _now + _heartbeatInterval - (_heartbeatInterval * spread >> 34);
    }

    /// <summary>A reconnection time for one client, in milliseconds.</summary>
    private int NextRetry() => _hub.NextRetry(_hub.Load);

    private void Enqueue(Subscription subscription)
    {
        if (subscription.IsQueued) return;
        subscription.IsQueued = true;
        _catchingUp.Enqueue(subscription);
    }

    /// <summary>
    /// Keeps the rounds of all the subscription's groups from ending until it is at the head or blocked: it is skipped as long as it is queued, whichever group's turn it is.
    /// </summary>
    private void HoldUpRounds(Subscription subscription)
    {
        if (subscription.HoldsUpRounds) return;
        subscription.HoldsUpRounds = true;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan()) cursor.Log.Groups[_index]!.HeldUpBy++;
    }

    private void ReleaseHold(Subscription subscription)
    {
        if (!subscription.HoldsUpRounds) return;
        subscription.HoldsUpRounds = false;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            var group = cursor.Log.Groups[_index]!;
            group.HeldUpBy--;
            group.TryEndRound();
        }
    }

    /// <summary>The write that was to be cut may be over already.</summary>
    private void CutIfPinning(Subscription subscription)
    {
        if (subscription is not { IsBusy: true, Pin.IsCut: true }) return;
        _counters.Cut++;
        subscription.Abort();
    }

    // An exception here is a mistake of ours: it costs one stream, is said aloud, and the others go on.
    private void Fault(Subscription subscription, Exception exception)
    {
        _hub.OnFault(exception);
        subscription.IsBroken = true;
        if (subscription.IsBusy || subscription.IsEnded) return;
        try
        {
            Remove(subscription, StreamEnding.Broken);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _hub.OnFault(e);
        }
    }
}
