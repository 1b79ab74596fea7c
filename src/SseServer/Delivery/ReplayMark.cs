using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// What of one log was evicted around the reading of a page from the store. The store deletes after the eviction is noted, in steps, and a
/// page may be read between two of them. So two questions have two answers: what the page may lack, and what no later page will lack beyond
/// it.
/// </summary>
/// <param name="SettledEvictions">
/// The first so many evictions had left the store before the page was read: a later page lacks no more of them than this one does. 0 if
/// events are being deleted just then.
/// </param>
/// <param name="Evictions">The evictions when the page had been read: it lacks nothing but for these.</param>
/// <param name="EvictedThrough">How far they reached.</param>
internal readonly record struct ReplayMark(long SettledEvictions, long Evictions, EventId EvictedThrough)
{
    /// <summary>Notes what is evicted by now; on the worker, after the page was read.</summary>
    public ReplayMark After(EventLog log)
    {
        // In this order: an eviction that is counted reaches no further than what is read second.
        var evictions = log.Evictions;
        return this with { Evictions = evictions, EvictedThrough = log.EvictedThrough };
    }
}
