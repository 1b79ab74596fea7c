namespace SseServer.History.Sqlite;

/// <summary>The selected blocks that hold events of a range of ids, in the order of their first ids.</summary>
internal interface IBlockSource
{
    /// <summary>The next block's first id; all blocks that are left begin there or after it. The largest number where none is left.</summary>
    long FirstId { get; }

    /// <summary>Whether the next block is known; where it is not, the source has looked at as many rows as it may.</summary>
    bool HasBlock { get; }

    /// <summary>Loads the next block, and goes on to the one after it.</summary>
    /// <returns>False where its bytes are not those that were written; <paramref name="damage"/> then says which events cannot be
    /// read.</returns>
    bool TryTake(BlockReader block, out DamagedBlock damage);
}
