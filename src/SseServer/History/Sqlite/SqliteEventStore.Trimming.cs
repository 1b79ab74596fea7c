namespace SseServer.History.Sqlite;

// Letting go: whole blocks, oldest first, a few a call.
internal sealed partial class SqliteEventStore
{
    // A few milliseconds' work, between two commits.
    private const int BlocksPerStep = 128;

    private readonly StoredBlock _trimmed = new();
    private SqliteStatement _oldestBlocks = null!;
    private SqliteStatement _blockData = null!;
    private SqliteStatement _deleteBlock = null!;
    private SqliteStatement _deletePublisherId = null!;
    private SqliteStatement _setFloor = null!;
    private long _floor;

    public long PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds)
    {
        if (_topics.Find(topic) is not { } row) return 0;
        var (count, bytes, through) = (row.Totals.Count, row.Totals.Bytes, 0L);
        _oldestBlocks.Bind(1, row.TopicId).Bind(2, long.MaxValue);
        while (_oldestBlocks.Step())
        {
            var (lastId, blockCount, blockBytes) = (_oldestBlocks.Number(1), _oldestBlocks.Number(2), _oldestBlocks.Number(3));
            var isOver = count - blockCount >= bounds.MaxEvents
                || (bytes > bounds.MaxBytes && count > blockCount)
                || lastId < bounds.FirstId;
            if (!isOver) break;
            count -= blockCount;
            bytes -= blockBytes;
            through = lastId;
        }

        _oldestBlocks.Reset();
        return through;
    }

    public bool Trim(ReadOnlySpan<byte> topic, long through)
    {
        if (_topics.Find(topic) is not { } row) return false;
        var database = Database;
        var totals = row.Totals;
        totals.EvictedThrough = Math.Max(totals.EvictedThrough, through);
        if (totals.Count == 0 && totals == row.Totals) return false;
        bool isMore;
        database.BeginWrite();
        try
        {
            isMore = DeleteOldest(row.TopicId, through, ref totals);
            _topics.Update(row, totals);
            database.Commit();
        }
        catch
        {
            _oldestBlocks.Reset();
            database.RollBack();
            throw;
        }

        _topics.Adopt(row, totals);
        return isMore;
    }

    public void RemoveTopic(ReadOnlySpan<byte> topic)
    {
        if (_topics.Find(topic) is not { } row) return;
        if (row.Totals.Count > 0) throw new InvalidOperationException("The topic has events.");
        var floor = Math.Max(_floor, Math.Max(row.Totals.EvictedThrough, row.Totals.LastId));
        var database = Database;
        database.BeginWrite();
        try
        {
            _topics.Delete(row);
            _setFloor.Bind(1, floor).Run();
            database.Commit();
        }
        catch
        {
            database.RollBack();
            throw;
        }

        _topics.Forget(row);
        _floor = floor;
    }

    private void PrepareTrimming(SqliteDatabase database)
    {
        _oldestBlocks = database.Prepare(
            $"SELECT first_id, last_id, count, bytes, publisher_ids FROM blocks WHERE topic_id = ?1 AND first_id <= ?2 ORDER BY first_id LIMIT {BlocksPerStep}");
        _blockData = database.Prepare("SELECT data FROM blocks WHERE first_id = ?1");
        _deleteBlock = database.Prepare("DELETE FROM blocks WHERE first_id = ?1");
        _deletePublisherId = database.Prepare("DELETE FROM publisher_ids WHERE publisher_id = ?1 AND id = ?2");
        _setFloor = database.Prepare("UPDATE store SET floor = ?1");
    }

    /// <summary>Deletes the oldest blocks that end at or before an id; returns whether there are more.</summary>
    private bool DeleteOldest(long topicId, long through, ref TopicTotals totals)
    {
        Span<long> deleted = stackalloc long[BlocksPerStep];
        var blocks = 0;
        _oldestBlocks.Bind(1, topicId).Bind(2, through);
        while (_oldestBlocks.Step() && _oldestBlocks.Number(1) <= through)
        {
            deleted[blocks++] = _oldestBlocks.Number(0);
            totals.Count -= _oldestBlocks.Number(2);
            totals.Bytes -= _oldestBlocks.Number(3);
            if (_oldestBlocks.Number(4) > 0) DeletePublisherIds(topicId, _oldestBlocks.Number(0));
        }

        _oldestBlocks.Reset();
        foreach (var firstId in deleted[..blocks]) _deleteBlock.Bind(1, firstId).Run();
        _oldestBlocks.Bind(1, topicId).Bind(2, long.MaxValue);
        totals.FirstId = _oldestBlocks.Step() ? _oldestBlocks.Number(0) : 0;
        var isMore = totals.FirstId > 0 && _oldestBlocks.Number(1) <= through;
        _oldestBlocks.Reset();
        return isMore;
    }

    private void DeletePublisherIds(long topicId, long firstId)
    {
        _blockData.Bind(1, firstId);
        var isWhole = _blockData.Step() && _trimmed.TryLoad(topicId, firstId, _blockData.Blob(0));
        _blockData.Reset();
        // The ids of a damaged block stay behind; they lead to an event that is let go, as if it were just gone.
        while (isWhole && _trimmed.MoveNext())
            if (_trimmed.PublisherIdLength > 0) _deletePublisherId.Bind(1, _trimmed.PublisherId).Bind(2, _trimmed.Id).Run();
    }
}
