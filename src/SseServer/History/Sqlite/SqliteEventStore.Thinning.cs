namespace SseServer.History.Sqlite;

// Thinning: a block is rewritten to its events that are the newest of their keys, or deleted where it has none. It stays in its stretch, under the id of the first event that is left.
internal sealed partial class SqliteEventStore
{
    // Bytes of blocks that a step reads, and writes again at most: some milliseconds.
    private const long ThinnedBytesPerStep = 1024 * 1024;

    private readonly BlockReader _thinned = new();
    private readonly List<long> _newest = [];
    private Action<long>? _losing;
    private SqliteStatement _blockData = null!;
    private SqliteStatement _deleteBlock = null!;
    private SqliteStatement _deleteKeyedBlock = null!;
    private SqliteStatement _deletePublisherId = null!;

    private void PrepareThinning(SqliteDatabase database)
    {
        _blockData = database.Prepare("SELECT data FROM blocks WHERE first_id = ?1");
        _deleteBlock = database.Prepare("DELETE FROM blocks WHERE first_id = ?1");
        _deleteKeyedBlock = database.Prepare("DELETE FROM keyed_blocks WHERE first_id = ?1");
        _deletePublisherId = database.Prepare("DELETE FROM publisher_ids WHERE publisher_id = ?1 AND id = ?2");
    }

    /// <summary>Thins a topic's next blocks that end at or before an id; returns whether there are more.</summary>
    private bool Thin(long topicId, long through, ref TopicTotals totals)
    {
        ReadBlocks(topicId, _trimmedTo, through);
        var rewritten = 0L;
        foreach (var block in _oldest)
        {
            if (block.LastId > through) return false;
            if (rewritten >= ThinnedBytesPerStep) return true;
            rewritten += Thin(topicId, block, ref totals);
            _trimmedTo = block.LastId;
            totals.TrimmedThrough = Math.Max(totals.TrimmedThrough, block.LastId);
        }

        return _oldest.Count == BlocksPerStep && _trimmedTo < through;
    }

    /// <summary>Thins a block; returns the bytes that were read for it.</summary>
    private long Thin(long topicId, in BlockRow block, ref TopicTotals totals)
    {
        var isKept = block.FirstId <= totals.TrimmedThrough;
        _newest.Clear();
        if (isKept || block.HasKeys) FindNewest(topicId, block);
        var isLoaded = _newest.Count != block.Count && (_newest.Count > 0 || block.PublisherIds > 0);
        var left = isLoaded ? Rewrite(topicId, block, ref totals) : _newest.Count;
        if (left == 0) _deleteBlock.Bind(1, block.FirstId).Run();
        if (block.HasKeys) _deleteKeyedBlock.Bind(1, block.FirstId).Run();
        if (isKept)
        {
            totals.Stale = Math.Max(0, totals.Stale - (block.Count - left));
            totals.Kept -= block.Count - left;
        }
        else
        {
            totals.Count -= block.Count;
            totals.Bytes -= block.Bytes;
            totals.Kept += left;
        }

        return isLoaded ? block.Bytes : 0;
    }

    private void FindNewest(long topicId, in BlockRow block)
    {
        _newestIds.Bind(1, topicId).Bind(2, block.FirstId).Bind(3, block.LastId);
        while (_newestIds.Step()) _newest.Add(_newestIds.Number(0));
    }

    /// <summary>Puts a block with what is left of it in its place, if anything is; returns how many events that is.</summary>
    private int Rewrite(long topicId, in BlockRow block, ref TopicTotals totals)
    {
        _blockData.Bind(1, block.FirstId);
        var isWhole = _blockData.Step() && _thinned.TryLoad(topicId, block.FirstId, _blockData.Blob(0));
        _blockData.Reset();
        if (!isWhole)
        {
            // Nothing of a damaged block can be kept, not the newest of keys either. Its publishers' ids stay behind; they lead to an
            // event that is let go, as if it were just gone.
            _deleteKeys.Bind(1, topicId).Bind(2, block.FirstId - 1).Bind(3, block.LastId).Run();
            totals.LostThrough = Math.Max(totals.LostThrough, block.LastId);
            _losing?.Invoke(block.LastId);
            return 0;
        }

        var next = 0;
        _block.Begin(topicId);
        while (_thinned.MoveNext())
        {
            if (next < _newest.Count && _newest[next] == _thinned.Id)
            {
                _block.Add(_thinned);
                next++;
            }
            else if (_thinned.PublisherIdLength > 0)
            {
                _deletePublisherId.Bind(1, _thinned.PublisherId).Bind(2, _thinned.Id).Run();
            }
        }

        if (_block.Count == 0) return 0;
        _deleteBlock.Bind(1, block.FirstId).Run();
        InsertBlock(topicId, block.StretchId);
        return _block.Count;
    }
}
