namespace SseServer.Delivery;

// What happens by the clock: silences that are broken, streams whose time is over, and departures, which end a share of the streams over a
// period.
internal sealed partial class FanOutShard
{
    private Departure? _announced;
    private Departure? _departure;
    private Subscription?[] _leaving = [];
    private int _left;

    /// <summary>Has the shard's part of the streams end; what is left of another departure's stays.</summary>
    public void Begin(Departure departure)
    {
        Volatile.Write(ref _announced, departure);
        Inbox.RequestStep();
    }

    /// <summary>
    /// Gives notices, ends streams whose time is over, and breaks silences. A subscription with a write pending is not silent.
    /// </summary>
    private void Sweep()
    {
        // The request may have come after the pass began.
        _writer.Now = _hub.Milliseconds;
        var wallClock = _hub.Time.GetUtcNow();
        var slow = 0;
        for (var i = _count - 1; i >= 0; i--)
        {
            var subscription = _subscriptions[i];
            if (subscription.IsBusy) slow++;
            if (!subscription.IsOpen) continue;
            try
            {
                if (subscription.Lifetime is { } lifetime) CheckLifetime(subscription, lifetime, wallClock);
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

    // The end does not wait for a reader that takes nothing: it comes after the frame that is being written, before everything that
    // follows.
    private void CheckLifetime(Subscription subscription, StreamLifetime lifetime, DateTimeOffset now)
    {
        if (lifetime.EndAt <= now)
        {
            if (!subscription.TryEndLifetime(lifetime)) return;
            subscription.EndRetryMilliseconds = _writer.NextRetry();
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
        var departure = Volatile.Read(ref _announced)!;
        if (departure != _departure) TakeUp(departure);
        // The step may have come after the pass began.
        var due = departure.Due(_leaving.Length, _hub.Milliseconds);
        // Those who stay have their turns in between.
        var end = Math.Min(due, _left + TurnVisits);
        for (; _left < end; _left++)
        {
            var subscription = _leaving[_left]!;
            _leaving[_left] = null;
            if (subscription.IsOpen) Dismiss(subscription, departure, (double)_left / _leaving.Length);
        }

        if (_left < due) Inbox.ContinueStep();
        if (_left == _leaving.Length) (_leaving, _left) = ([], 0);
    }

    // Streams are about in the order in which they joined, so those picked are old and young ones alike.
    private void TakeUp(Departure departure)
    {
        _departure = departure;
        var part = departure.IsDrain ? _count : Math.Min(departure.Parts[Index], _count);
        (_leaving, _left) = (new Subscription?[part], 0);
        for (int i = 0, picked = 0; i < _count; i++)
            if (Departure.IsPicked(i, _count, part)) _leaving[picked++] = _subscriptions[i];
    }

    private void Dismiss(Subscription subscription, Departure departure, double place)
    {
        try
        {
            if (!departure.IsDrain) Counters.Shed++;
            subscription.EndsAs = StreamEnding.Dismissed;
            subscription.EndRetryMilliseconds = departure.RetryAt(place, _hub.Milliseconds);
            Finish(subscription);
            Settle(subscription);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fault(subscription, e);
        }
    }
}
