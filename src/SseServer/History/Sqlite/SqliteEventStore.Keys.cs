namespace SseServer.History.Sqlite;

// Keys: the table says which event is the newest of each, whatever blocks hold it.
internal sealed partial class SqliteEventStore
{
    private SqliteStatement _findKey = null!;
    private SqliteStatement _setKey = null!;
    private SqliteStatement _insertKeyedBlock = null!;
    private SqliteStatement _newestIds = null!;
    private SqliteStatement _countKeys = null!;
    private SqliteStatement _keyAt = null!;
    private SqliteStatement _deleteKeys = null!;

    public bool HasEvents(ReadOnlySpan<byte> topic) => _topics.Find(topic) is { Totals: { Count: > 0 } or { Kept: > 0 } };

    private void PrepareKeys(SqliteDatabase database)
    {
        _findKey = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND key = ?2");
        _setKey = database.Prepare("INSERT INTO keys (topic_id, key, id) VALUES (?1, ?2, ?3) ON CONFLICT (topic_id, key) DO UPDATE SET id = ?3");
        _insertKeyedBlock = database.Prepare("INSERT INTO keyed_blocks (first_id, last_unkeyed_id) VALUES (?1, ?2)");
        _newestIds = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND id BETWEEN ?2 AND ?3 ORDER BY id");
        _countKeys = database.Prepare("SELECT count(*) FROM keys WHERE topic_id = ?1 AND id > ?2 AND id <= ?3");
        _keyAt = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 ORDER BY id LIMIT 1 OFFSET ?2");
        _deleteKeys = database.Prepare("DELETE FROM keys WHERE topic_id = ?1 AND id > ?2 AND id <= ?3");
    }

    /// <summary>Makes a topic's events in a commit the newest of their keys.</summary>
    private void WriteKeys(StoreCommit commit, int first, long topicId, ref TopicTotals totals)
    {
        var entries = commit.Entries;
        for (var at = first; at >= 0; at = entries[at].Next)
        {
            ref readonly var entry = ref entries[at];
            if (entry.KeyLength == 0 || entry.IsSuperseded) continue;
            var key = commit.Key(entry);
            _findKey.Bind(1, topicId).Bind(2, key);
            if (_findKey.Step())
            {
                if (_findKey.Number(0) <= totals.TrimmedThrough) totals.Stale++;
                _findKey.Reset();
            }

            _setKey.Bind(1, topicId).Bind(2, key).Bind(3, entry.Id).Run();
        }
    }

    /// <summary>How many keys of a topic have their newest event in a range of ids.</summary>
    private long CountKeys(long topicId, long after, long through)
    {
        _countKeys.Bind(1, topicId).Bind(2, after).Bind(3, through).Step();
        var count = _countKeys.Number(0);
        _countKeys.Reset();
        return count;
    }

    /// <summary>The newest event of the key that is at a position among a topic's, those without a newer one for longest first.</summary>
    private long KeyAt(long topicId, long position)
    {
        _keyAt.Bind(1, topicId).Bind(2, position);
        if (!_keyAt.Step()) return 0;
        var id = _keyAt.Number(0);
        _keyAt.Reset();
        return id;
    }
}
