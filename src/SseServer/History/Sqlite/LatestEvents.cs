namespace SseServer.History.Sqlite;

/// <summary>
/// The newest event of each key of selected topics, and the final events of topics, in id order. Each is found by a look-up in the index of
/// newest events, and another one for its block, however much else is stored.
/// </summary>
internal sealed class LatestEvents
{
    private readonly BlockLoader _data;
    private readonly SqliteStatement _topic;
    private readonly SqliteStatement _allTopics;
    private readonly SqliteStatement _nextKey;
    private readonly BlockReader _block = new();
    private readonly PriorityQueue<(long TopicId, long EndId), long> _next = new();
    private long _through;
    private long _blockTopic;
    private long _blockEnd;
    private bool _isBlockLoaded;

    public LatestEvents(SqliteDatabase database, BlockLoader data)
    {
        _data = data;
        _topic = database.Prepare("SELECT last_id, end_id FROM topics WHERE topic_id = ?1");
        _allTopics = database.Prepare("SELECT topic_id, name, last_id, end_id FROM topics");
        _nextKey = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND id > ?2 ORDER BY id LIMIT 1");
    }

    /// <summary>Fills a page, within the transaction of its reader.</summary>
    public void Read(SelectedTopics topics, long after, long through, StoredPage page)
    {
        _next.Clear();
        (_through, _blockTopic, _blockEnd) = (through, 0, 0);
        AddTopics(topics, after);
        while (_next.TryDequeue(out var topic, out var id))
        {
            // The final event may have been deleted: the topic's totals keep its id.
            var hasRoom = TryFind(topic.TopicId, id, out var damage)
                ? _block.TryAddTo(page)
                : damage.FirstId == 0 || page.TryAdd(damage);
            if (!hasRoom) return;
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
        var next = _nextKey.Bind(1, topicId).Bind(2, after).TakeNumber();
        if (endId > after && (next == 0 || endId < next)) next = endId;
        if (next > 0 && next <= _through) _next.Enqueue((topicId, endId), next);
    }

    /// <summary>Goes to an event in its block; false if it is not there. A topic's events are looked for in rising order.</summary>
    private bool TryFind(long topicId, long id, out DamagedBlock damage)
    {
        damage = default;
        if (topicId != _blockTopic || id > _blockEnd)
        {
            if (!_data.TryFindAt(topicId, id, out var firstId, out var lastId)) return false;
            (_blockTopic, _blockEnd) = (topicId, lastId);
            if (id > _blockEnd)
            {
                _blockTopic = 0;
                return false;
            }

            _isBlockLoaded = _data.TryLoad(_block, topicId, firstId, out damage);
        }

        return _isBlockLoaded && _block.MoveAfter(id - 1) && _block.Id == id;
    }
}
