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
    long Origin, long HighWater, long LastId, long Floor, long UncleanThrough, bool WasClean, IReadOnlyList<StoredTopic> Topics)
{
    /// <summary>
    /// The stretches of ids that the lives of this history covered, oldest first. The last one is the life that begins now, with a first
    /// id above <see cref="HighWater"/>;
    /// one that ended with a crash is known up to its last commit.
    /// </summary>
    public required IReadOnlyList<IdRange> Lives { get; init; }

    /// <summary>Blocks that were found damaged, where the file is small enough to be checked at the start.</summary>
    public IReadOnlyList<DamagedBlock> Damage { get; init; } = [];

    /// <summary>The head with which this life begins.</summary>
    public long FirstId => Lives[^1].First;

    /// <summary>Where a life begins: above every id that was ever shown, also where the clock stepped back.</summary>
    public static long FirstIdAfter(long highWater, long firstIdNow) => Math.Max(highWater + 1, firstIdNow);
}
