namespace SseServer.Hub;

/// <summary>
/// What of its logs a subscription is not sent at present. Three things hold events back, and here alone: its filter; that it wanted the newest of each key only, up to where it
/// joined; and that it lags, in what came after that. A replay is complete though it is sent in pieces. The ends of topics always pass.
/// </summary>
internal readonly struct Sieve(Subscription subscription)
{
    private readonly EventFilter? _filter = subscription.Filter;
    private readonly EventId _joinedAt = subscription.JoinedAt;
    private readonly bool _wantsLatest = subscription.WantsLatest;
    private readonly bool _isLagging = subscription.IsLagging;

    /// <summary>Whether all events of a log pass that a subscription has not got, so that they may be sent without looking at each.</summary>
    public static bool IsOpen(Subscription subscription, Topic topic)
        => subscription.Filter is null && !subscription.IsInSnapshot && !(subscription.IsLagging && subscription.LastId >= subscription.JoinedAt && topic.HasKeys);

    /// <summary>Whether an event is held back, as far as its entry tells, and whether only because a newer one of its key has superseded it.</summary>
    public bool HoldsBack(in LogEntry entry, out bool isSuperseded)
    {
        isSuperseded = false;
        if (entry.IsFinal) return false;
        if (_filter is not null && !_filter.MayPass(entry.TypeHash)) return true;
        if (entry.Id <= _joinedAt)
        {
            if (!_wantsLatest) return false;
            if (entry.Key is null) return true;
        }
        else if (!_isLagging)
        {
            return false;
        }

        return isSuperseded = entry.IsSuperseded;
    }

    /// <summary>Whether an event is held back for its type, which its frame tells.</summary>
    public bool HoldsBack(ReadOnlySpan<byte> frame, int prefixLength, bool isFinal)
        => !isFinal && _filter is not null && !_filter.Passes(frame, prefixLength);
}
