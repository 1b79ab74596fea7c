namespace SseServer.History.Sqlite;

/// <summary>What the tables say of a block, apart from its bytes.</summary>
internal readonly record struct BlockRow(
    long FirstId, long LastId, long StretchId, long Count, long Bytes, long PublisherIds, long LastUnkeyed)
{
    /// <summary>The columns of <see cref="Source"/> that <see cref="Read"/> reads.</summary>
    public const string Columns =
        "b.first_id, b.last_id, b.stretch_id, b.count, b.bytes, b.publisher_ids, coalesce(k.last_unkeyed_id, -1)";

    public const string Source = "blocks b LEFT JOIN keyed_blocks k ON k.first_id = b.first_id";

    /// <summary>Some event has a key. False for a compacted block, whose events all have one.</summary>
    public bool HasKeys => LastUnkeyed >= 0;

    /// <summary>The last event without a key; 0 if all have one. Undefined for a compacted block.</summary>
    public long LastUnkeyedId => HasKeys ? LastUnkeyed : LastId;

    public static BlockRow Read(SqliteStatement row)
        => new(row.Number(0), row.Number(1), row.Number(2), row.Number(3), row.Number(4), row.Number(5), row.Number(6));
}

/// <summary>The tables of blocks: <c>blocks</c>, and <c>keyed_blocks</c> for those with keys. For the writer's thread.</summary>
internal sealed class BlockTable
{
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _insertKeyed;
    private readonly SqliteStatement _after;
    private readonly SqliteStatement _firstAfter;
    private readonly SqliteStatement _data;
    private readonly SqliteStatement _delete;
    private readonly SqliteStatement _deleteKeyed;

    public BlockTable(SqliteDatabase database)
    {
        _insert = database.Prepare(
            "INSERT INTO blocks (first_id, stretch_id, topic_id, last_id, count, bytes, publisher_ids, data) "
            + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _insertKeyed = database.Prepare("INSERT INTO keyed_blocks (first_id, last_unkeyed_id) VALUES (?1, ?2)");
        _after = database.Prepare(
            $"SELECT {BlockRow.Columns} FROM {BlockRow.Source} "
            + "WHERE b.topic_id = ?1 AND b.first_id > ?2 AND b.first_id <= ?3 ORDER BY b.first_id LIMIT ?4");
        _firstAfter = database.Prepare("SELECT first_id FROM blocks WHERE topic_id = ?1 AND first_id > ?2 ORDER BY first_id LIMIT 1");
        _data = database.Prepare("SELECT data FROM blocks WHERE first_id = ?1");
        _delete = database.Prepare("DELETE FROM blocks WHERE first_id = ?1");
        _deleteKeyed = database.Prepare("DELETE FROM keyed_blocks WHERE first_id = ?1");
    }

    /// <summary>Writes the block that a writer holds.</summary>
    public void Insert(BlockWriter block, long topicId, long stretchId)
    {
        var data = block.Finish();
        _insert.Bind(1, block.FirstId).Bind(2, stretchId).Bind(3, topicId).Bind(4, block.LastId).Bind(5, block.Count)
            .Bind(6, block.Bytes).Bind(7, block.PublisherIds).Bind(8, data).Run();
    }

    /// <summary>Notes that the block that a writer holds has keys; until it is compacted.</summary>
    public void InsertKeyed(BlockWriter block) => _insertKeyed.Bind(1, block.FirstId).Bind(2, block.LastUnkeyedId).Run();

    /// <summary>Finds a topic's oldest blocks that begin after an id, up to and including another.</summary>
    public void Find(long topicId, long after, long through, int limit, List<BlockRow> blocks)
    {
        blocks.Clear();
        _after.Bind(1, topicId).Bind(2, after).Bind(3, through).Bind(4, limit);
        while (_after.Step()) blocks.Add(BlockRow.Read(_after));
    }

    /// <summary>The first id of a topic's oldest block that begins after an id; 0 if there is none.</summary>
    public long FirstAfter(long topicId, long after) => _firstAfter.Bind(1, topicId).Bind(2, after).TakeNumber();

    /// <summary>Loads a block; false if its bytes are not those that were written.</summary>
    public bool TryLoad(BlockReader block, long topicId, long firstId)
    {
        var isLoaded = _data.Bind(1, firstId).Step() && block.TryLoad(topicId, firstId, _data.Blob(0));
        _data.Reset();
        return isLoaded;
    }

    public void Delete(long firstId) => _delete.Bind(1, firstId).Run();

    public void DeleteKeyed(long firstId) => _deleteKeyed.Bind(1, firstId).Run();
}
