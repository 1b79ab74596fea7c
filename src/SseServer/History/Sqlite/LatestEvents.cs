namespace SseServer.History.Sqlite;

/// <summary>
/// The newest event of each key of selected topics, and the ends of topics, in id order: found by a look-up each, in the index of newest events and for its block, however much else is stored.
/// </summary>
internal sealed class LatestEvents
{
    private readonly BlockLoader _data;
    private readonly SqliteStatement _topic;
    private readonly SqliteStatement _allTopics;
    private readonly SqliteStatement _nextKey;
    private readonly SqliteStatement _blockAt;
    private readonly BlockReader _block = new();
    private readonly PriorityQueue<(long TopicId, long EndId), long> _next = new();
    private long _through;
    private long _blockTopic;
    private long _blockEnd;
    private bool _isBlockWhole;

    public LatestEvents(SqliteDatabase database, TopicNames names)
    {
        _data = new BlockLoader(database, names);
        _topic = database.Prepare("SELECT last_id, end_id FROM topics WHERE topic_id = ?1");
        _allTopics = database.Prepare("SELECT topic_id, name, last_id, end_id FROM topics");
        _nextKey = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND id > ?2 ORDER BY id LIMIT 1");
        _blockAt = database.Prepare("SELECT first_id, last_id FROM blocks WHERE topic_id = ?1 AND first_id <= ?2 ORDER "
            + "BY first_id DESC LIMIT 1");
    }

    /// <summary>Fills a page, within the transaction of its reader.</summary>
    public void Read(SelectedTopics topics, long after, long through, StoredPage page)
    {
        _next.Clear();
        (_through, _blockTopic, _blockEnd) = (through, 0, 0);
        AddTopics(topics, after);
        while (_next.TryDequeue(out var topic, out var id))
        {
            // An end whose event was let go is told by the topic's totals.
            if (TryFind(topic.TopicId, id, out var damage) ? !_block.TryAddTo(page) : damage.FirstId > 0 && !page.TryAdd(damage)) return;
            AddNext(topic.TopicId, topic.EndId, id);
        }

        page.IsEnd = true;
    }

    private void AddTopics(SelectedTopics topics, long after)
    {
        foreach (var topicId in topics.Named)
        {
            _topic.Bind(1, topicId);
            if (!_topic.Step()) continue;
            var (lastId, endId) = (_topic.Number(0), _topic.Number(1));
            _topic.Reset();
            if (lastId > after) AddNext(topicId, endId, after);
        }

        if (!topics.HasPatterns) return;
        while (_allTopics.Step())
        {
            var topicId = _allTopics.Number(0);
            if (_allTopics.Number(2) > after && !topics.Named.Contains(topicId) && topics.Matches(_allTopics.Blob(1)))
                AddNext(topicId, _allTopics.Number(3), after);
        }
    }

    private void AddNext(long topicId, long endId, long after)
    {
        _nextKey.Bind(1, topicId).Bind(2, after);
        var next = long.MaxValue;
        if (_nextKey.Step())
        {
            next = _nextKey.Number(0);
            _nextKey.Reset();
        }

        if (endId > after && endId < next) next = endId;
        if (next <= _through && next != long.MaxValue) _next.Enqueue((topicId, endId), next);
    }

    /// <summary>Goes to an event in its block; the events of a topic are asked for in rising order.</summary>
    private bool TryFind(long topicId, long id, out DamagedBlock damage)
    {
        damage = default;
        if (topicId != _blockTopic || id > _blockEnd)
        {
            _blockAt.Bind(1, topicId).Bind(2, id);
            if (!_blockAt.Step()) return false;
            var firstId = _blockAt.Number(0);
            (_blockTopic, _blockEnd) = (topicId, _blockAt.Number(1));
            _blockAt.Reset();
            if (id > _blockEnd)
            {
                _blockTopic = 0;
                return false;
            }

            _isBlockWhole = _data.TryLoad(_block, topicId, firstId, out damage);
        }

        return _isBlockWhole && _block.MoveAfter(id - 1) && _block.Id == id;
    }
}
