namespace SseServer.History;

/// <summary>What a store holds when it is opened.</summary>
/// <param name="Origin">The first id of the store's life: of what was before, it knows nothing.</param>
/// <param name="HighWater">Every id ever shown is at or below it.</param>
/// <param name="LastId">The newest committed id; 0 where nothing was ever committed.</param>
/// <param name="Floor">The id through which events of topics that are gone may have been let go.</param>
/// <param name="UncleanThrough">
/// Events that were shown before they were committed may have been lost up to here: the highest high-water mark of an unclean stop so far. 0 where there was none.
/// </param>
/// <param name="WasClean">Whether it was closed in order the last time, or is made now.</param>
/// <param name="Topics">The topics, in no order.</param>
internal sealed record StoreStart(
    long Origin, long HighWater, long LastId, long Floor, long UncleanThrough, bool WasClean, IReadOnlyList<StoredTopic> Topics);
