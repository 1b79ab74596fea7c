using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;

namespace SseServer.Hub;

/// <summary>Where ids begin: at the clock or, with a store, after every id that earlier lives of the server may have shown.</summary>
internal static class StoreOpening
{
    /// <summary>Opens a store, with a first lease.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public static StoreStart Open(IOwnedStore store, HubOptions options, HubClock clock, out EventId lease)
    {
        var now = clock.Now;
        var first = EventId.FirstAt(now);
        lease = UncommittedEvents.LeaseEnd(first, now, options.HasAsyncTopics);
        return store.Open(first.Value, lease.Value);
    }

    /// <summary>Opens a store that several servers share. It assigns the ids, by its own clock.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public static StoreStart Open(ISharedStore store, HubClock clock)
    {
        var start = store.Open();
        clock.Offset = store.ClockOffset;
        return start;
    }

    /// <summary>Creates the catalog, empty.</summary>
    /// <param name="options">The options.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="stored">What the store has; null without one.</param>
    /// <param name="faults">Takes our own bugs.</param>
    public static TopicCatalog CreateCatalog(HubOptions options, HubClock clock, StoreStart? stored, Faults faults)
    {
        if (stored is null)
        {
            // No event has this id; what came before it belongs to an earlier life of the server.
            var first = EventId.FirstAt(clock.Now);
            var ids = new EventIdSequence(clock, first, [new(first.Value, first.Value)], uncleanThrough: default, isStored: false);
            return new TopicCatalog(options, clock, ids, floor: first, faults);
        }

        var unclean = new EventId(options.HasAsyncTopics ? stored.UncleanThrough : 0);
        var sequence = new EventIdSequence(clock, new(stored.FirstId), stored.Lives, unclean, isStored: true);
        return new TopicCatalog(options, clock, sequence, floor: new(Math.Max(stored.Origin, stored.Floor)), faults);
    }
}
