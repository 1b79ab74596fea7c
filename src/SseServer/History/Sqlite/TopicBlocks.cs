namespace SseServer.History.Sqlite;

/// <summary>
/// The blocks of selected topics, found by a look-up for each topic and, after each block, by one for its topic's next block.
/// </summary>
internal sealed class TopicBlocks : IBlockSource
{
    private readonly SqliteStatement _totals;
    private readonly SqliteStatement _allTotals;
    private readonly SqliteStatement _nextBlock;
    private readonly BlockLoader _data;
    private readonly PriorityQueue<long, long> _next = new();
    private long _through;

    public TopicBlocks(SqliteDatabase database, BlockLoader data)
    {
        _data = data;
        _totals = database.Prepare("SELECT first_id, last_id, kept FROM topics WHERE topic_id = ?1");
        _allTotals = database.Prepare("SELECT topic_id, name, first_id, last_id, kept FROM topics WHERE count > 0 OR kept > 0");
        _nextBlock = database.Prepare("SELECT first_id FROM blocks WHERE topic_id = ?1 AND first_id > ?2 ORDER BY first_id LIMIT 1");
    }

    public long FirstId => _next.TryPeek(out _, out var firstId) ? firstId : long.MaxValue;

    public bool HasBlock => true;

    public void Start(SelectedTopics topics, long after, long through)
    {
        _next.Clear();
        _through = through;
        foreach (var topicId in topics.Named)
        {
            _totals.Bind(1, topicId);
            var isStored = _totals.Step();
            var (firstId, lastId, kept) = isStored ? (_totals.Number(0), _totals.Number(1), _totals.Number(2)) : default;
            _totals.Reset();
            Add(topicId, firstId, lastId, kept, after);
        }

        if (!topics.HasPatterns) return;
        while (_allTotals.Step())
        {
            var topicId = _allTotals.Number(0);
            if (!topics.Named.Contains(topicId) && topics.Matches(_allTotals.Blob(1)))
                Add(topicId, _allTotals.Number(2), _allTotals.Number(3), _allTotals.Number(4), after);
        }
    }

    public bool TryTake(BlockReader block, out DamagedBlock damage)
    {
        _next.TryDequeue(out var topicId, out var firstId);
        AddNext(topicId, firstId);
        return _data.TryLoad(block, topicId, firstId, out damage);
    }

    private void Add(long topicId, long firstId, long lastId, long kept, long after)
    {
        if (lastId <= after) return;
        // Kept events come before the first one of the totals.
        if (kept > 0 || (firstId > 0 && firstId <= after)) AddAt(topicId, after);
        else if (firstId > 0 && firstId <= _through) _next.Enqueue(topicId, firstId);
    }

    // Adds the block that the id is in, or the next one if the id is the block's last.
    private void AddAt(long topicId, long after)
    {
        if (_data.TryFindAt(topicId, after, out var firstId, out var lastId) && lastId > after) _next.Enqueue(topicId, firstId);
        else AddNext(topicId, after);
    }

    private void AddNext(long topicId, long after)
    {
        var next = _nextBlock.Bind(1, topicId).Bind(2, after).TakeNumber();
        if (next > 0 && next <= _through) _next.Enqueue(topicId, next);
    }
}
