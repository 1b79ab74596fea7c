using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Hub;

// Which ids clients are told as their resume points, where those are not the ids of events that they were sent.
internal sealed partial class EventHub
{
    private const long CoarseMilliseconds = 1000;

    // The first id of this life: what is older may be of another.
    private readonly EventId _begin;

    /// <summary>The resume point of a subscriber that was sent, or did not want, everything of its logs up to its last id.</summary>
    internal EventId PositionOf(Subscription subscription)
    {
        using (_turns.Enter()) return PositionUnderLock(subscription.Cursors, subscription.LastId);
    }

    /// <summary>
    /// The resume point of a subscriber that has everything of its logs up to <paramref name="through"/>. The hub's head itself would
    /// tell every subscriber, to the millisecond, when something was published to topics that it may not read. So this is rounded down to
    /// the second. It is exact all the same: between it and <paramref name="through"/> the subscriber's own logs have no event, so that
    /// whoever resumes from it is sent what follows and nothing twice, and they let go of none, so that no loss is told that was none.
    /// </summary>
    private EventId PositionUnderLock(Cursor[] cursors, EventId through)
    {
        var position = EventId.FirstAt(through.Milliseconds / CoarseMilliseconds * CoarseMilliseconds);
        if (_begin > position) position = _begin;
        foreach (ref readonly var cursor in cursors.AsSpan())
            if (cursor.Log.LastThroughUnderLock(through) is var last && last > position) position = last;
        // Rounding must not end where the clock skipped: an id that was never given is no resume point.
        return position < through ? _given.Floor(position) : through;
    }
}
