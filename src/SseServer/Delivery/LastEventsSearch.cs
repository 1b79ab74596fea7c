using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Finds where the last events of a selection begin: counted back from the head, in id order over all its logs, each event once, without
/// those that its filter excludes. Memory is counted first, from the newest event on, and the store for what memory does not have. Any
/// thread.
/// </summary>
/// <param name="catalog">The logs.</param>
/// <param name="stored">Counts the store's events; null without a store.</param>
internal sealed class LastEventsSearch(TopicCatalog catalog, StoredTail? stored)
{
    /// <summary>Finds the first of the last events.</summary>
    /// <param name="logs">The selection; acquired, and its patterns open.</param>
    /// <param name="count">How many events; at least 1.</param>
    /// <param name="filter">The types that count; null for all.</param>
    /// <returns>
    /// A start with that event; with the oldest event if fewer than <paramref name="count"/> are retained; with fewer events if the search
    /// reached its bound.
    /// </returns>
    public async ValueTask<ResumePoint> FindAsync(List<EventLog> logs, int count, EventFilter? filter)
    {
        var memory = new MemoryTail(logs, count, filter);
        while (!memory.Step(catalog)) catalog.Lock.GiveWay();
        if (memory.First is { } first) return ResumePoint.At(first);
        if (stored is null || memory.StoredThrough.Value == 0) return ResumePoint.Oldest;
        var found = await stored.FindAsync(StoreReplay.SelectionOf(logs), memory.StoredThrough, count - memory.Found, filter);
        return found is { } id ? ResumePoint.At(id) : ResumePoint.Oldest;
    }

    /// <summary>Whether an event counts. The end of a topic without an event does not: clients dispatch nothing for it.</summary>
    public static bool Counts(ReadOnlySpan<byte> frame, int prefixLength, bool isFinal, EventFilter? filter)
        => !(isFinal && EventFrame.IsIdOnly(frame, prefixLength)) && filter?.Passes(frame, prefixLength) != false;
}
