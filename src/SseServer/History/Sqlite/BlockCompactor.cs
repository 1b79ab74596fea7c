namespace SseServer.History.Sqlite;

/// <summary>
/// Compacts blocks: deletes a block, or rewrites it to those of its events that are the newest of their keys. What is left stays in the
/// block's stretch, under the id of its first event. For the writer's thread, within a transaction.
/// </summary>
internal sealed class BlockCompactor(StoreTables tables)
{
    // Bytes of blocks that a step reads, and writes again at most: some milliseconds.
    private const long BytesPerStep = 1024 * 1024;

    private readonly BlockReader _old = new();
    private readonly BlockWriter _new = new();
    private readonly List<long> _newest = [];
    private Action<long>? _onLoss;
    private long _bytesRead;

    /// <summary>The step has read as many bytes as it may.</summary>
    public bool IsStepFull => _bytesRead >= BytesPerStep;

    /// <param name="onLoss">Called with the last id of a block that must be deleted whole because it is damaged.</param>
    public void BeginStep(Action<long>? onLoss) => (_onLoss, _bytesRead) = (onLoss, 0);

    public void Compact(long topicId, in BlockRow block, ref TopicTotals totals)
    {
        var wasCompacted = block.FirstId <= totals.TrimmedThrough;
        _newest.Clear();
        if (wasCompacted || block.HasKeys) tables.Keys.FindNewest(topicId, block.FirstId, block.LastId, _newest);
        var left = Shrink(topicId, block, ref totals);
        if (left == 0) tables.Blocks.Delete(block.FirstId);
        if (block.HasKeys) tables.Blocks.DeleteKeyed(block.FirstId);
        if (wasCompacted)
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
    }

    /// <summary>Rewrites a block if some of its events stay and others do not; returns how many stay.</summary>
    private int Shrink(long topicId, in BlockRow block, ref TopicTotals totals)
    {
        // To delete a block, it need only be read for the publisher ids that are to be deleted with it.
        if (_newest.Count == block.Count || (_newest.Count == 0 && block.PublisherIds == 0)) return _newest.Count;
        _bytesRead += block.Bytes;
        if (!tables.Blocks.TryLoad(_old, topicId, block.FirstId))
        {
            LoseDamaged(topicId, block, ref totals);
            return 0;
        }

        CopyNewest(topicId);
        if (_new.Count == 0) return 0;
        tables.Blocks.Delete(block.FirstId);
        tables.Blocks.Insert(_new, topicId, block.StretchId);
        return _new.Count;
    }

    private void CopyNewest(long topicId)
    {
        var next = 0;
        _new.Begin(topicId);
        while (_old.MoveNext())
        {
            if (next < _newest.Count && _newest[next] == _old.Id)
            {
                _new.Add(_old.Id, _old.Frame, _old.PrefixLength, _old.PublisherIdLength, _old.Key, _old.IsFinal);
                next++;
            }
            else if (_old.PublisherIdLength > 0)
            {
                tables.PublisherIds.Delete(_old.PublisherId, _old.Id);
            }
        }
    }

    // Nothing of a damaged block can be kept, not even the newest events of keys. Its publisher ids stay behind; they lead to an event
    // that does not exist, as if it had just been trimmed.
    private void LoseDamaged(long topicId, in BlockRow block, ref TopicTotals totals)
    {
        tables.Keys.Delete(topicId, block.FirstId - 1, block.LastId);
        totals.LostThrough = Math.Max(totals.LostThrough, block.LastId);
        _onLoss?.Invoke(block.LastId);
    }
}
