namespace SseServer.History.Sqlite;

/// <summary>Loads blocks by their first ids, and says of those that cannot be loaded which events they held.</summary>
internal sealed class BlockLoader
{
    private readonly TopicNames _names;
    private readonly SqliteStatement _data;
    private readonly SqliteStatement _lastId;

    public BlockLoader(SqliteDatabase database, TopicNames names)
    {
        _names = names;
        _data = database.Prepare("SELECT data FROM blocks WHERE first_id = ?1");
        _lastId = database.Prepare("SELECT last_id FROM blocks WHERE first_id = ?1");
    }

    /// <returns>False where the block's bytes are not those that were written, or cannot be had for a damaged page.</returns>
    /// <exception cref="StoreException">The disk fails.</exception>
    public bool TryLoad(BlockReader block, long topicId, long firstId, out DamagedBlock damage)
    {
        damage = default;
        if (IsWhole(block, topicId, firstId)) return true;
        var lastId = _lastId.Bind(1, firstId).Step() ? _lastId.Number(0) : 0;
        _lastId.Reset();
        damage = new(_names.Find(topicId), firstId, Math.Max(firstId, lastId));
        return false;
    }

    private bool IsWhole(BlockReader block, long topicId, long firstId)
    {
        try
        {
            var isWhole = _data.Bind(1, firstId).Step() && block.TryLoad(topicId, firstId, _data.Blob(0));
            _data.Reset();
            return isWhole;
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Corrupt)
        {
            // The pages that hold the bytes cannot be followed; the row itself may be right.
            return false;
        }
    }
}
