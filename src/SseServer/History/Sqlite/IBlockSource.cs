namespace SseServer.History.Sqlite;

/// <summary>The selected blocks that hold events of a range of ids, in the order of their first ids.</summary>
internal interface IBlockSource
{
    /// <summary>
    /// The next block's first id, or a lower bound of it while <see cref="HasBlock"/> is false; the largest number if none is left.
    /// </summary>
    long FirstId { get; }

    /// <summary>Whether the next block was found. If not, the source has looked at as many rows as it may.</summary>
    bool HasBlock { get; }

    /// <summary>Loads the next block, and goes to the one after it.</summary>
    /// <returns>
    /// False if its bytes are not those that were written; <paramref name="damage"/> then says which events cannot be read.
    /// </returns>
    bool TryTake(BlockReader block, out DamagedBlock damage);
}
