using SseServer.Protocol.EventStream;

namespace SseServer.History.Sqlite.Tools;

/// <summary>
/// The part of a check that reads the blocks: the checksum and place of each, its events, and their publisher ids and keys. It adds up the
/// totals that the topics should have.
/// </summary>
internal sealed class BlockCheck
{
    private readonly SqliteDatabase _database;
    private readonly IReadOnlyDictionary<long, (byte[] Name, TopicTotals Totals)> _topics;
    private readonly CheckFindings _findings;
    private readonly SqliteStatement _publisherId;
    private readonly SqliteStatement _key;
    private readonly BlockReader _block = new();
    private long _stretchId;
    private long _stretchEnd;
    private long _previousEnd;
    private long _publisherIds;
    private long _newest;
    private long _keyedBlocks;

    /// <param name="database">The file, within a transaction.</param>
    /// <param name="topics">The rows of the topics; to be filled before the check.</param>
    /// <param name="findings">Gets what is wrong.</param>
    public BlockCheck(
        SqliteDatabase database, IReadOnlyDictionary<long, (byte[] Name, TopicTotals Totals)> topics, CheckFindings findings)
    {
        (_database, _topics, _findings) = (database, topics, findings);
        _publisherId = database.Prepare("SELECT topic_id FROM publisher_ids WHERE publisher_id = ?1 AND id = ?2");
        _key = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND key = ?2");
    }

    /// <summary>The number of events that were read.</summary>
    public long Events { get; private set; }

    /// <summary>The totals of the topics, as their blocks have them.</summary>
    public Dictionary<long, TopicTotals> Totals { get; } = [];

    public void Run()
    {
        var rows = _database.Prepare($"SELECT {BlockRow.Columns}, b.topic_id, b.data FROM {BlockRow.Source} ORDER BY b.first_id");
        while (rows.Step()) CheckBlock(BlockRow.Read(rows), rows.Number(7), rows.Blob(8));
    }

    /// <summary>Compares the tables of publisher ids and keys with the events, all of which were read.</summary>
    public void CompareTables()
    {
        var keys = _database.QueryNumber("SELECT count(*) FROM keys");
        if (keys != _newest) _findings.Add($"{keys} keys are stored, but only {_newest} name an event with the key.");
        var blocks = _database.QueryNumber("SELECT count(*) FROM keyed_blocks");
        if (blocks != _keyedBlocks) _findings.Add($"{blocks} blocks are marked as having keys, but {_keyedBlocks} have some.");
        var ids = _database.QueryNumber("SELECT count(*) FROM publisher_ids");
        if (ids != _publisherIds) _findings.Add($"{ids} publisher ids are stored, but {_publisherIds} events have one.");
    }

    private void CheckBlock(in BlockRow block, long topicId, ReadOnlySpan<byte> data)
    {
        CheckPlace(block);
        var totals = Totals.GetValueOrDefault(topicId);
        if (block.FirstId <= totals.LastId)
            _findings.Add($"The block that begins with event {new EventId(block.FirstId)} overlaps another of its topic.");
        totals.LastId = block.LastId;
        _publisherIds += block.PublisherIds;
        var isCompacted = _topics.TryGetValue(topicId, out var topic) && block.FirstId <= topic.Totals.TrimmedThrough;
        if (isCompacted)
        {
            totals.Kept += block.Count;
        }
        else
        {
            if (totals.Count == 0) totals.FirstId = block.FirstId;
            totals.Count += block.Count;
            totals.Bytes += block.Bytes;
        }

        if (_block.TryLoad(topicId, block.FirstId, data)) CheckEvents(block, isCompacted, topic.Totals, ref totals);
        else _findings.Add(new DamagedBlock(topic.Name ?? [], block.FirstId, block.LastId));
        Totals[topicId] = totals;
    }

    private void CheckPlace(in BlockRow block)
    {
        var (firstId, lastId, stretchId) = (block.FirstId, block.LastId, block.StretchId);
        if (stretchId != _stretchId)
        {
            (_stretchId, _previousEnd) = (stretchId, Math.Max(_previousEnd, _stretchEnd));
            _stretchEnd = 0;
        }

        if (firstId < stretchId || firstId <= _previousEnd || lastId < firstId)
            _findings.Add($"The block that begins with event {new EventId(firstId)} is out of place.");
        _stretchEnd = Math.Max(_stretchEnd, lastId);
    }

    private void CheckEvents(in BlockRow block, bool isCompacted, in TopicTotals topic, ref TopicTotals totals)
    {
        var (id, count, bytes, publisherIds) = (block.FirstId - 1, 0L, 0L, 0L);
        var (lastUnkeyed, hasKeys, isRising) = (0L, false, true);
        while (_block.MoveNext())
        {
            isRising &= _block.Id > id;
            id = _block.Id;
            count++;
            bytes += _block.Frame.Length;
            if (_block.IsFinal) totals.EndId = id;
            if (_block.Key.IsEmpty) lastUnkeyed = id;
            else hasKeys = true;
            if (!IsNewest(topic, isCompacted) && isCompacted) totals.Stale++;
            if (_block.PublisherIdLength == 0) continue;
            publisherIds++;
            if (!IsPublisherIdStored(id))
                _findings.Add($"The publisher's id of event {new EventId(id)} is missing, so a repeat would not be recognized.");
        }

        Events += count;
        if (hasKeys && !isCompacted) _keyedBlocks++;
        var isRight = isRising && id == block.LastId
            && count == block.Count && bytes == block.Bytes && publisherIds == block.PublisherIds
            && (isCompacted ? !block.HasKeys : block.HasKeys == hasKeys && block.LastUnkeyedId == lastUnkeyed);
        if (!isRight)
            _findings.Add($"The block that begins with event {new EventId(block.FirstId)} has other events than its row says.");
    }

    private bool IsPublisherIdStored(long id) => _publisherId.Bind(1, _block.PublisherId).Bind(2, id).TakeNumber() == _block.TopicId;

    /// <summary>
    /// Whether the current event is the newest of its key. Reports it if it should be and the table of keys does not say so.
    /// </summary>
    private bool IsNewest(in TopicTotals topic, bool isCompacted)
    {
        if (_block.Key.IsEmpty) return false;
        var newest = _key.Bind(1, _block.TopicId).Bind(2, _block.Key).TakeNumber();
        if (newest == _block.Id) _newest++;
        // What a trim is about to delete may have lost its key already.
        else if (newest < _block.Id && !isCompacted && _block.Id > topic.LostThrough)
            _findings.Add($"Event {new EventId(_block.Id)} is the newest of its key, but the table of keys names another.");
        return newest == _block.Id;
    }
}
