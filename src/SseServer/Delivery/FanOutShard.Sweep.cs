namespace SseServer.Delivery;

/// <content>What happens by the clock: heartbeats, ends of lifetimes, drains and sheds.</content>
internal sealed partial class FanOutShard
{
    private ShedPlan? _nextPlan;
    private ShedPlan? _plan;
    private Subscription?[] _victims = [];
    private int _shedCount;

    /// <summary>
    /// Starts a drain or shed on this shard; the streams of an earlier plan that have not ended yet stay open. Any thread.
    /// </summary>
    public void Begin(ShedPlan plan)
    {
        Volatile.Write(ref _nextPlan, plan);
        Inbox.RequestStep();
    }

    /// <summary>
    /// Writes notices, ends streams whose lifetime is over, and writes due heartbeats. A subscription with a pending write gets none.
    /// </summary>
    private void Sweep()
    {
        // The request may have come after the pass began.
        _writer.Now = _clock.Milliseconds;
        var wallClock = _clock.Now;
        var slow = 0;
        for (var i = _count - 1; i >= 0; i--)
        {
            var subscription = _subscriptions[i];
            if (subscription.IsBusy) slow++;
            if (!subscription.IsOpen) continue;
            try
            {
                if (subscription.Lifetime is { } lifetime) CheckLifetime(subscription, lifetime, wallClock);
                // It ends in its turn, once it has what is there.
                if (subscription.CanSend && subscription.Poll?.IsDue(_writer.Now) == true) Enqueue(subscription);
                if (subscription.HeartbeatDue > _writer.Now || !subscription.CanSend) continue;
                _writer.WriteHeartbeat(subscription);
                Settle(subscription);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Fault(subscription, e);
            }
        }

        Counters.Slow = slow;
    }

    // The end does not wait until the client takes everything: it follows the frame that is being written.
    private void CheckLifetime(Subscription subscription, StreamLifetime lifetime, DateTimeOffset now)
    {
        if (lifetime.EndAt <= now)
        {
            if (!subscription.TryEndLifetime(lifetime)) return;
            subscription.EndRetryMilliseconds = _times.Next();
            subscription.BeginTemporaryEnd();
            Settle(subscription);
        }
        else if (lifetime.NoticeAt <= now && !lifetime.IsNoticed && !subscription.IsBusy)
        {
            _writer.WriteNotice(subscription, lifetime);
            Settle(subscription);
        }
    }

    private void TakeStep()
    {
        var plan = Volatile.Read(ref _nextPlan)!;
        if (plan != _plan) Start(plan);
        // The step may have come after the pass began.
        var due = plan.Due(_victims.Length, _clock.Milliseconds);
        // A bounded number per pass, so that the other streams get their turns.
        var end = Math.Min(due, _shedCount + TurnVisits);
        for (; _shedCount < end; _shedCount++)
        {
            var subscription = _victims[_shedCount]!;
            _victims[_shedCount] = null;
            if (subscription.IsOpen) Shed(subscription, plan, (double)_shedCount / _victims.Length);
        }

        if (_shedCount < due) Inbox.ContinueStep();
        if (_shedCount == _victims.Length) (_victims, _shedCount) = ([], 0);
    }

    // Streams are roughly in the order in which they joined, so old and new ones are picked alike.
    private void Start(ShedPlan plan)
    {
        _plan = plan;
        var part = plan.IsDrain ? _count : Math.Min(plan.Parts[Inbox.Shard], _count);
        (_victims, _shedCount) = (new Subscription?[part], 0);
        for (int i = 0, picked = 0; i < _count; i++)
            if (ShedPlan.IsPicked(i, _count, part)) _victims[picked++] = _subscriptions[i];
    }

    private void Shed(Subscription subscription, ShedPlan plan, double fraction)
    {
        try
        {
            if (!plan.IsDrain) Counters.Shed++;
            subscription.EndsAs = StreamEnding.Shed;
            subscription.EndRetryMilliseconds = plan.RetryAt(fraction, _clock.Milliseconds);
            Finish(subscription);
            Settle(subscription);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fault(subscription, e);
        }
    }
}
