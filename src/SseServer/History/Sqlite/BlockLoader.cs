namespace SseServer.History.Sqlite;

/// <summary>Finds and loads blocks; of a block that is damaged, says which events it had. One for each reader.</summary>
internal sealed class BlockLoader
{
    private readonly TopicNames _names;
    private readonly SqliteStatement _data;
    private readonly SqliteStatement _lastId;
    private readonly SqliteStatement _blockAt;

    public BlockLoader(SqliteDatabase database, TopicNames names)
    {
        _names = names;
        _data = database.Prepare("SELECT data FROM blocks WHERE first_id = ?1");
        _lastId = database.Prepare("SELECT last_id FROM blocks WHERE first_id = ?1");
        _blockAt = database.Prepare(
            "SELECT first_id, last_id FROM blocks WHERE topic_id = ?1 AND first_id <= ?2 ORDER BY first_id DESC LIMIT 1");
    }

    /// <summary>Finds a topic's last block that begins at or below an id; false if there is none.</summary>
    public bool TryFindAt(long topicId, long id, out long firstId, out long lastId)
    {
        (firstId, lastId) = (0, 0);
        if (!_blockAt.Bind(1, topicId).Bind(2, id).Step()) return false;
        (firstId, lastId) = (_blockAt.Number(0), _blockAt.Number(1));
        _blockAt.Reset();
        return true;
    }

    /// <returns>False if the block's bytes are not those that were written, or a damaged page hides them.</returns>
    /// <exception cref="StoreException">The disk fails.</exception>
    public bool TryLoad(BlockReader block, long topicId, long firstId, out DamagedBlock damage)
    {
        damage = default;
        if (TryLoad(block, topicId, firstId)) return true;
        var lastId = _lastId.Bind(1, firstId).TakeNumber();
        damage = new(_names.Find(topicId), firstId, Math.Max(firstId, lastId));
        return false;
    }

    private bool TryLoad(BlockReader block, long topicId, long firstId)
    {
        try
        {
            var isLoaded = _data.Bind(1, firstId).Step() && block.TryLoad(topicId, firstId, _data.Blob(0));
            _data.Reset();
            return isLoaded;
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Corrupt)
        {
            // The chain of pages with the bytes is broken; the row itself may be right.
            return false;
        }
    }
}
