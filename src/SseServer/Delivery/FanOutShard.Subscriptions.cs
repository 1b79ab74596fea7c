using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

// A subscription's life on its shard: joining, signals, the end.
internal sealed partial class FanOutShard
{
    private void TakeSignals(Subscription subscription)
    {
        var signals = subscription.TakeSignals();
        if (subscription.State == SubscriptionState.Ended) return;
        try
        {
            if (signals.HasFlag(Subscription.Signals.Joined)) Join(subscription);
            if (signals.HasFlag(Subscription.Signals.WriteDone)) OnWriteDone(subscription);
            if (signals.HasFlag(Subscription.Signals.PeerLost)) subscription.Break();
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
        subscription.MoveTo(SubscriptionState.Open);
        if (_count == _subscriptions.Length) Array.Resize(ref _subscriptions, _count * 2);
        subscription.ShardIndex = _count;
        _subscriptions[_count] = subscription;
        Volatile.Write(ref _count, _count + 1);
        Counters.Opened++;

        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++) GroupOf(cursors[i].Log).Add(subscription, i, _hub.Head);
        // Registered first, placed second: what is published in between marks the group and is found by the cursor.
        subscription.Pace = ReaderPace.CatchingUp;
        var placement = _hub.Place(subscription);
        if (placement.IsUnknown) subscription.UnknownStart = subscription.Start.Text;
        subscription.Start = default;
        _writer.WriteGreeting(subscription, placement.Position);
        _writer.ScheduleHeartbeat(subscription);
        if (_departure is { IsDrain: true } departure)
        {
            subscription.EndsAs = StreamEnding.Dismissed;
            subscription.End(departure.RetryAt(Random.Shared.NextDouble(), _hub.Milliseconds));
        }

        if (subscription.CanSend) Enqueue(subscription);
    }

    private ReaderGroup GroupOf(EventLog log)
    {
        ref var group = ref log.Groups[Index];
        if (group is null) Volatile.Write(ref group, new ReaderGroup(log, this));
        return group;
    }

    private void OnWriteDone(Subscription subscription)
    {
        _hub.Pinned.Remove(subscription);
        if (!subscription.CompleteWrite()) subscription.Break();
        if (subscription.IsOpen) Enqueue(subscription);
    }

    private void OnPageReady(Subscription subscription)
    {
        if (subscription.Replay!.HasFailed)
        {
            // A clean end, after which the client comes back.
            subscription.End(_writer.NextRetry());
            return;
        }

        var mayServe = subscription.CanSend;
        if (mayServe) Serve(subscription, group: null);
        // A reader that cannot take the page now, or no longer needs it, does not keep it from others.
        if (!mayServe || subscription.Replay.After != subscription.LastId) _pump.ReturnPage(subscription);
    }

    // A FIN is no abort (RFC 9112 section 9.6): what was asked for is answered, up to the head of now, in as many turns as that takes.
    private void OnPeerFinished(Subscription subscription)
    {
        subscription.EndsAt ??= _hub.Head;
        if (subscription.CanSend) Enqueue(subscription);
    }

    // The write that was to be cut may be over already.
    private void CutIfPinning(Subscription subscription)
    {
        if (subscription is not { IsBusy: true, Pin.IsCut: true }) return;
        Counters.Cut++;
        subscription.Abort();
    }

    /// <summary>
    /// Whether nothing follows but what is in the subscription's logs by now. Asked before the logs are read: what is at their heads
    /// afterwards is the end. A pattern never ends, since another topic may match it.
    /// </summary>
    /// <param name="subscription">Whose logs are looked at.</param>
    /// <param name="end">The last of their ends. A topic's own may be forgotten the moment after.</param>
    private static bool IsLastTurn(Subscription subscription, out EventId end)
    {
        end = default;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            if (cursor.Log is not Topic { EndId: { Value: > 0 } id }) return false;
            if (id > end) end = id;
        }

        return true;
    }

    /// <summary>Ends a stream that has got everything. Its client comes back with the last id, and is told that nothing follows.</summary>
    private void EndAfterLast(Subscription subscription, EventId end)
    {
        var isToldByEvents = true;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
            isToldByEvents &= cursor.Log is Topic { EndIsEvent: true } topic && topic.EvictedThrough < topic.EndId;

        if (!isToldByEvents)
        {
            // It may have been told of a later id already: that one stays its position.
            if (subscription.SentThrough > end) end = subscription.SentThrough;
            // With an id from before the end the client would come back for it again and again. Some take an id only from a block with data
            // (npm's eventsource-parser 3.1 does).
            _writer.BufferHeartbeatEvent(subscription, end);
        }

        subscription.BeginEnd();
        Settle(subscription);
    }

    /// <summary>Ends the stream of a peer that has sent its FIN, once everything up to the head of that moment was sent.</summary>
    /// <param name="subscription">Whose stream it is.</param>
    /// <param name="isAtHead">It has all that its logs hold. Its last id may be lower than the head, which may be another topic's.</param>
    private void EndIfAnswered(Subscription subscription, bool isAtHead)
    {
        if (subscription.EndsAt is not { } last || (!isAtHead && subscription.LastId < last)) return;
        subscription.BeginEnd();
        Settle(subscription);
    }

    // Who is sent away gets one more turn now and the rest when it comes back.
    private void Finish(Subscription subscription)
    {
        if (subscription.CanSend) _pump.Run(subscription);
        subscription.BeginTemporaryEnd();
    }

    /// <summary>Brings an ending or broken subscription to its end, as far as that goes without waiting.</summary>
    private void Settle(Subscription subscription)
    {
        if (subscription.IsBusy) return;
        if (subscription.State == SubscriptionState.Ending)
        {
            subscription.MoveTo(SubscriptionState.EndWritten);
            _writer.WriteEnd(subscription);
            if (subscription.IsBusy) return;
        }

        if (subscription.State == SubscriptionState.Broken) Remove(subscription, StreamEnding.Broken);
        else if (subscription.State == SubscriptionState.EndWritten) Remove(subscription, subscription.EndsAs);
    }

    private void Remove(Subscription subscription, StreamEnding ending)
    {
        subscription.MoveTo(SubscriptionState.Ended);
        if (ending == StreamEnding.Broken) Counters.Broken++;
        else Counters.Completed++;
        subscription.ReleaseRounds();
        if (subscription.Replay?.Abandon() is { } page) _hub.Replays!.Return(page);
        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++) cursors[i].Log.Groups[Index]!.Remove(subscription, i);
        var last = _subscriptions[_count - 1];
        _subscriptions[subscription.ShardIndex] = last;
        last.ShardIndex = subscription.ShardIndex;
        _subscriptions[_count - 1] = null!;
        Volatile.Write(ref _count, _count - 1);
        _hub.Release(cursors);
        subscription.Cursors = [];
        subscription.OnEnded(ending);
    }

    // An exception here is a mistake of ours: it costs one stream and is reported, and the others go on.
    private void Fault(Subscription subscription, Exception exception)
    {
        _hub.OnFault(exception);
        subscription.Break();
        if (subscription.IsBusy || subscription.State == SubscriptionState.Ended) return;
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
