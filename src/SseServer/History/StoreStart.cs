namespace SseServer.History;

/// <summary>What a store holds when it is opened.</summary>
/// <param name="Origin">The first id of the store. It knows nothing of what was before.</param>
/// <param name="HighWater">Every id ever shown is at or below it.</param>
/// <param name="LastId">The newest committed id; 0 if nothing was ever committed.</param>
/// <param name="Floor">Events up to this id may have been deleted with topics that were removed.</param>
/// <param name="UncleanThrough">
/// Events up to this id may have been shown before their commit and lost: the highest high-water mark of an unclean stop so far. 0 if
/// there was none.
/// </param>
/// <param name="WasClean">Whether the last stop was clean, or the store is new.</param>
/// <param name="Topics">The topics, in no order.</param>
internal sealed record StoreStart(
    long Origin, long HighWater, long LastId, long Floor, long UncleanThrough, bool WasClean, IReadOnlyList<StoredTopic> Topics)
{
    /// <summary>
    /// The ids of the lives of this history, oldest first. The last life begins now, with a first id above <see cref="HighWater"/>; one
    /// that ended with a crash is known up to its last commit.
    /// </summary>
    public required IReadOnlyList<IdRange> Lives { get; init; }

    /// <summary>The blocks that were found damaged, if the file is small enough to be checked at the start.</summary>
    public IReadOnlyList<DamagedBlock> Damage { get; init; } = [];

    /// <summary>The head at the beginning of this life.</summary>
    public long FirstId => Lives[^1].First;

    /// <summary>Where a life begins: above every id ever shown, even if the clock was set back.</summary>
    public static long FirstIdAfter(long highWater, long firstIdNow) => Math.Max(highWater + 1, firstIdNow);
}
