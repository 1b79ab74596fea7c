namespace SseServer.Hub;

// Ending a share of the streams over a period: a few at each step of the hub's clock.
internal sealed partial class FanOutShard
{
    private Departure? _announced;
    private int _stepDue;
    private Departure? _departure;
    private Subscription?[] _leaving = [];
    private int _left;

    /// <summary>Has the shard's part of the streams end; what is left of another departure's stays.</summary>
    public void Begin(Departure departure)
    {
        Volatile.Write(ref _announced, departure);
        Step();
    }

    /// <summary>Asks for the streams that are due to end by now.</summary>
    public void Step()
    {
        Volatile.Write(ref _stepDue, 1);
        Interlocked.MemoryBarrier();
        Wake();
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
            if (!subscription.IsEnded && !subscription.IsEnding) Dismiss(subscription, departure, (double)_left / _leaving.Length);
        }

        if (_left < due) Volatile.Write(ref _stepDue, 1);
        if (_left == _leaving.Length) (_leaving, _left) = ([], 0);
    }

    // Streams stand about in the order in which they joined, so those picked are old and young ones alike.
    private void TakeUp(Departure departure)
    {
        _departure = departure;
        var part = departure.IsDrain ? _count : Math.Min(departure.Parts[_index], _count);
        (_leaving, _left) = (new Subscription?[part], 0);
        for (int i = 0, picked = 0; i < _count; i++)
            if (Departure.IsPicked(i, _count, part)) _leaving[picked++] = _subscriptions[i];
    }

    private void Dismiss(Subscription subscription, Departure departure, double place)
    {
        try
        {
            if (!departure.IsDrain) _counters.Shed++;
            subscription.IsDismissed = true;
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
