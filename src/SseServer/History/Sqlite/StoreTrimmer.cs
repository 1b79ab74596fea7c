namespace SseServer.History.Sqlite;

/// <summary>
/// Trims topics: plans which of the oldest blocks exceed the bounds, and has them compacted a few at a time, each step in a transaction.
/// For the writer's thread.
/// </summary>
internal sealed class StoreTrimmer(StoreTables tables)
{
    // Deleting them takes a few milliseconds between two commits.
    private const int BlocksPerStep = 128;

    // Keys that one plan deletes: some milliseconds in one step.
    private const int KeysPerPlan = 4096;

    // Stale events cause a trim of their own once they are half of what is kept, and this many: worth a transaction and a sync. A trim
    // that is due anyway deletes any number of them.
    private const int StaleWorthATrim = 64;

    private readonly BlockCompactor _compactor = new(tables);
    private readonly List<BlockRow> _blocks = new(BlocksPerStep);

    // The topic whose trim has more steps to take, or 0; and the last block that was compacted.
    private long _trimming;
    private long _compactedThrough;

    /// <inheritdoc cref="IEventStore.PlanTrim"/>
    public StoreTrim Plan(ReadOnlySpan<byte> topic, in StoreBounds bounds)
    {
        if (tables.Topics.Find(topic) is not { } row) return default;
        var totals = row.Totals;
        var (count, bytes, through, lost, hasKeys) = (totals.Count, totals.Bytes, totals.TrimmedThrough, 0L, false);
        tables.Blocks.Find(row.TopicId, totals.TrimmedThrough, long.MaxValue, BlocksPerStep, _blocks);
        foreach (var block in _blocks)
        {
            var isOver = count - block.Count >= bounds.MaxEvents
                || (bytes > bounds.MaxBytes && count > block.Count)
                || block.LastId < bounds.FirstId;
            if (!isOver || block.LastId > bounds.LastId) break;
            count -= block.Count;
            bytes -= block.Bytes;
            through = block.LastId;
            lost = Math.Max(lost, block.LastUnkeyedId);
            hasKeys |= block.HasKeys;
        }

        var keysThrough = KeysThrough(row.TopicId, totals, through, hasKeys, bounds);
        if (through == totals.TrimmedThrough && keysThrough == 0 && !AreStaleWorthATrim(totals)) return default;
        return new(through, Math.Max(lost, keysThrough), keysThrough);
    }

    /// <inheritdoc cref="IEventStore.Trim"/>
    public bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, Action<long>? onLoss)
    {
        if (tables.Topics.Find(topic) is not { } row) return false;
        var totals = row.Totals;
        var isBegun = _trimming == row.TopicId;
        _trimming = 0;
        if (!isBegun && !HasWork(plan, totals)) return false;
        bool isMore;
        using (var transaction = tables.Database.BeginWrite())
        {
            if (!isBegun) Begin(row.TopicId, plan, ref totals);
            isMore = CompactSome(row.TopicId, plan.Through, onLoss, ref totals);
            if (!isMore) End(row.TopicId, plan.Through, ref totals);
            totals.FirstId = tables.Blocks.FirstAfter(row.TopicId, totals.TrimmedThrough);
            tables.Topics.Update(row, totals);
            transaction.Commit();
        }

        tables.Topics.Adopt(row, totals);
        if (isMore) _trimming = row.TopicId;
        return isMore;
    }

    private static bool HasWork(in StoreTrim plan, in TopicTotals totals)
        => plan.Through > totals.TrimmedThrough || plan.LostThrough > totals.LostThrough || plan.KeysThrough > 0
            || AreStaleWorthATrim(totals);

    private static bool AreStaleWorthATrim(in TopicTotals totals)
        => AreManyStale(totals) && (totals.Stale >= StaleWorthATrim || totals.Count == 0);

    private static bool AreManyStale(in TopicTotals totals) => totals.Stale > 0 && totals.Stale * 2 >= totals.Kept;

    // Which keys are too old or too many, once everything through an id is compacted; 0 if none are.
    private long KeysThrough(long topicId, in TopicTotals totals, long through, bool hasKeys, in StoreBounds bounds)
    {
        var keys = totals.Kept - totals.Stale + (hasKeys ? tables.Keys.Count(topicId, totals.TrimmedThrough, through) : 0);
        var tooOld = keys > 0 ? tables.Keys.Count(topicId, 0, Math.Min(through, bounds.FirstId - 1)) : 0;
        var excess = Math.Max(tooOld, keys - bounds.MaxKeys);
        return excess > 0 ? Math.Min(tables.Keys.IdAt(topicId, Math.Min(excess, KeysPerPlan) - 1), through) : 0;
    }

    /// <summary>Notes what is going to be lost, deletes the keys that are too many, and decides where to begin.</summary>
    private void Begin(long topicId, in StoreTrim plan, ref TopicTotals totals)
    {
        totals.LostThrough = Math.Max(totals.LostThrough, plan.LostThrough);
        if (plan.KeysThrough > 0)
        {
            totals.Stale += tables.Keys.Count(topicId, 0, Math.Min(plan.KeysThrough, totals.TrimmedThrough));
            tables.Keys.Delete(topicId, 0, plan.KeysThrough);
        }

        // A walk over all that is kept deletes half of it, so its cost for each deleted event is small.
        _compactedThrough = AreManyStale(totals) ? 0 : totals.TrimmedThrough;
    }

    /// <summary>Compacts a topic's next blocks that end at or before an id; returns whether there are more.</summary>
    private bool CompactSome(long topicId, long through, Action<long>? onLoss, ref TopicTotals totals)
    {
        tables.Blocks.Find(topicId, _compactedThrough, through, BlocksPerStep, _blocks);
        _compactor.BeginStep(onLoss);
        foreach (var block in _blocks)
        {
            if (block.LastId > through) return false;
            if (_compactor.IsStepFull) return true;
            _compactor.Compact(topicId, block, ref totals);
            _compactedThrough = block.LastId;
            totals.TrimmedThrough = Math.Max(totals.TrimmedThrough, block.LastId);
        }

        return _blocks.Count == BlocksPerStep && _compactedThrough < through;
    }

    private void End(long topicId, long through, ref TopicTotals totals)
    {
        // Trimming ends between two blocks. An id within a block, which no plan has, is rounded down to the block's beginning.
        if (tables.Blocks.FirstAfter(topicId, totals.TrimmedThrough) is var next && (next == 0 || next > through))
            totals.TrimmedThrough = Math.Max(totals.TrimmedThrough, through);
        // Counted again, so that what damage did to the number does not last.
        if (totals.Kept > 0) totals.Stale = Math.Max(0, totals.Kept - tables.Keys.Count(topicId, 0, totals.TrimmedThrough));
    }
}
