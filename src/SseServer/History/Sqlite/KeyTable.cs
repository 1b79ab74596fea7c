namespace SseServer.History.Sqlite;

/// <summary>The newest event of each key of each topic, whatever block holds it. For the writer's thread.</summary>
internal sealed class KeyTable
{
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _set;
    private readonly SqliteStatement _ids;
    private readonly SqliteStatement _count;
    private readonly SqliteStatement _idAt;
    private readonly SqliteStatement _delete;

    public KeyTable(SqliteDatabase database)
    {
        _find = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND key = ?2");
        _set = database.Prepare(
            "INSERT INTO keys (topic_id, key, id) VALUES (?1, ?2, ?3) ON CONFLICT (topic_id, key) DO UPDATE SET id = ?3");
        _ids = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND id BETWEEN ?2 AND ?3 ORDER BY id");
        _count = database.Prepare("SELECT count(*) FROM keys WHERE topic_id = ?1 AND id > ?2 AND id <= ?3");
        _idAt = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 ORDER BY id LIMIT 1 OFFSET ?2");
        _delete = database.Prepare("DELETE FROM keys WHERE topic_id = ?1 AND id > ?2 AND id <= ?3");
    }

    /// <summary>Makes an event the newest of its key; returns the one that it supersedes, or 0.</summary>
    public long Set(long topicId, ReadOnlySpan<byte> key, long id)
    {
        var superseded = _find.Bind(1, topicId).Bind(2, key).TakeNumber();
        _set.Bind(1, topicId).Bind(2, key).Bind(3, id).Run();
        return superseded;
    }

    /// <summary>Finds the events of a range of ids, both ends included, that are the newest of a key.</summary>
    public void FindNewest(long topicId, long firstId, long lastId, List<long> ids)
    {
        _ids.Bind(1, topicId).Bind(2, firstId).Bind(3, lastId);
        while (_ids.Step()) ids.Add(_ids.Number(0));
    }

    /// <summary>The number of keys whose newest event is after an id, up to and including another.</summary>
    public long Count(long topicId, long after, long through) => _count.Bind(1, topicId).Bind(2, after).Bind(3, through).TakeNumber();

    /// <summary>The newest event of the key at a position, in the order of those events; 0 past the last key.</summary>
    public long IdAt(long topicId, long position) => _idAt.Bind(1, topicId).Bind(2, position).TakeNumber();

    /// <summary>Deletes the keys whose newest event is after an id, up to and including another.</summary>
    public void Delete(long topicId, long after, long through) => _delete.Bind(1, topicId).Bind(2, after).Bind(3, through).Run();
}
