using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <content>A subscription's life on its shard: joining, signals, the end.</content>
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
        for (var i = 0; i < cursors.Length; i++) GroupOf(cursors[i].Log).Add(subscription, i, _ids.Head);
        // Added to the groups first, positioned second: an event published in between marks the group dirty, and the cursor finds it.
        subscription.Pace = SubscriberPace.CatchingUp;
        var beginning = _placement.Begin(subscription);
        if (beginning.IsUnknown) subscription.UnknownStart = subscription.Start.Text;
        subscription.Start = default;
        subscription.Poll?.Begin(_writer.Now);
        _writer.WriteGreeting(subscription, beginning.Position);
        _writer.ScheduleHeartbeat(subscription);
        if (_plan is { IsDrain: true } plan)
        {
            subscription.EndsAs = StreamEnding.Shed;
            subscription.End(plan.RetryAt(Random.Shared.NextDouble(), _clock.Milliseconds));
        }

        if (subscription.CanSend) Enqueue(subscription);
    }

    private SubscriberGroup GroupOf(EventLog log)
    {
        ref var group = ref log.Groups[Inbox.Shard];
        if (group is null) Volatile.Write(ref group, new SubscriberGroup(log));
        return (SubscriberGroup)group;
    }

    private void OnWriteDone(Subscription subscription)
    {
        _pinned.Remove(subscription);
        if (!subscription.CompleteWrite()) subscription.Break();
        if (subscription.IsOpen) Enqueue(subscription);
    }

    private void OnPageReady(Subscription subscription)
    {
        if (subscription.Replay!.HasFailed)
        {
            // A clean end; the client reconnects.
            subscription.End(_times.Next());
            return;
        }

        var mayServe = subscription.CanSend;
        if (mayServe) Serve(subscription, group: null);
        // A subscription that cannot take the page now, or no longer needs it, returns it for others.
        if (!mayServe || subscription.Replay.After != subscription.LastId) _pump.ReturnPage(subscription);
    }

    // A FIN is no abort (RFC 9112 section 9.6): the request is answered, up to the present head, in as many turns as that takes.
    private void OnPeerFinished(Subscription subscription)
    {
        subscription.EndsAt ??= _ids.Head;
        if (subscription.CanSend) Enqueue(subscription);
    }

    // The write may have completed already.
    private void CutIfPinning(Subscription subscription)
    {
        if (subscription is not { IsBusy: true, Pin.IsCut: true }) return;
        Counters.Cut++;
        subscription.Abort();
    }

    /// <summary>
    /// Whether all topics of a subscription have ended, so that nothing is appended any more. Checked before the logs are read: a
    /// subscription that is at their heads afterwards has everything. A pattern never ends, since another topic may match it.
    /// </summary>
    /// <param name="subscription">Whose logs are checked.</param>
    /// <param name="end">The highest of the ends. Returned because a topic's own may be forgotten right afterwards.</param>
    private static bool IsLastTurn(Subscription subscription, out EventId end)
    {
        end = default;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            if (cursor.Log is not Topic topic || topic.EndFor(subscription.JoinedAt) is not { Value: > 0 } id) return false;
            if (id > end) end = id;
        }

        return true;
    }

    /// <summary>
    /// Ends a stream that has everything. Its client reconnects with the last id and gets the answer that nothing follows.
    /// </summary>
    private void EndAfterLast(Subscription subscription, EventId end)
    {
        var isToldByEvents = true;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
            isToldByEvents &= cursor.Log is Topic { EndIsEvent: true, HasEnded: true } topic && topic.EvictedThrough < topic.EndId;

        if (!isToldByEvents)
        {
            // The client may have a later id already, which it then keeps.
            if (subscription.SentThrough > end) end = subscription.SentThrough;
            subscription.SentThrough = end;
            // With an id before the end, the client would reconnect for it again and again. Some take an id only from a block with data
            // (npm's eventsource-parser 3.1 does).
            if (subscription.Representation != Representation.Json) _writer.BufferHeartbeatEvent(subscription, end);
        }

        if (subscription.Poll is { } poll) poll.HasEnded = true;
        subscription.BeginEnd();
        Settle(subscription);
    }

    /// <summary>
    /// Ends the stream of a peer that has sent its FIN, once everything up to the head at that moment was sent; and a poll that has an
    /// answer or whose time is over, once it was sent everything up to the head when it joined.
    /// </summary>
    /// <param name="subscription">Whose stream it is.</param>
    /// <param name="isAtHead">Whether it has everything in its logs. Its last id may be lower than the head, which may be another
    /// topic's.</param>
    private void EndIfAnswered(Subscription subscription, bool isAtHead)
    {
        var isOver = subscription.EndsAt is { } last && (isAtHead || subscription.LastId >= last);
        if (subscription.Poll is { } poll && (poll.HasAnswer || poll.IsDue(_writer.Now)))
            isOver |= isAtHead || subscription.LastId >= subscription.JoinedAt;
        if (!isOver) return;
        subscription.BeginEnd();
        Settle(subscription);
    }

    // The client gets one more turn now, and the rest when it reconnects.
    private void Finish(Subscription subscription)
    {
        if (subscription.CanSend) _pump.Run(subscription);
        subscription.BeginTemporaryEnd();
    }

    /// <summary>Moves an ending or broken subscription towards its end, as far as possible without waiting.</summary>
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
        if (subscription.Replay?.Abandon() is { } page) _replays!.Return(page);
        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++) SubscriberGroup.Of(cursors[i].Log, Inbox.Shard).Remove(subscription, i);
        var last = _subscriptions[_count - 1];
        _subscriptions[subscription.ShardIndex] = last;
        last.ShardIndex = subscription.ShardIndex;
        _subscriptions[_count - 1] = null!;
        Volatile.Write(ref _count, _count - 1);
        _catalog.Release(cursors.Select(cursor => cursor.Log));
        subscription.Cursors = [];
        subscription.OnEnded(ending);
    }

    // An exception here is our bug: it is reported and costs one stream; the others continue.
    private void Fault(Subscription subscription, Exception exception)
    {
        _faults.Report(exception);
        subscription.Break();
        if (subscription.IsBusy || subscription.State == SubscriptionState.Ended) return;
        try
        {
            Remove(subscription, StreamEnding.Broken);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _faults.Report(e);
        }
    }
}
