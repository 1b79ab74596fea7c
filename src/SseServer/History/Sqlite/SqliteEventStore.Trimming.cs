namespace SseServer.History.Sqlite;

// Letting go: whole blocks, oldest first, a few a call. What stays of one is thinned to the newest events of keys (SqliteEventStore.Thinning).
internal sealed partial class SqliteEventStore
{
    // A few milliseconds' work, between two commits.
    private const int BlocksPerStep = 128;

    // Keys that one plan lets go: some milliseconds in one step.
    private const int KeysPerPlan = 4096;

    // Kept events that are stale are let go by themselves once they are half and this many: a transaction and a sync are worth it. A trim that is made anyway takes any number with it.
    private const int StaleWorthATrim = 64;

    private readonly List<BlockRow> _oldest = new(BlocksPerStep);
    private SqliteStatement _blocksAfter = null!;

    // The topic that is being trimmed, 0 for none, and through which block.
    private long _trimming;
    private long _trimmedTo;

    public StoreTrim PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds)
    {
        if (_topics.Find(topic) is not { } row) return default;
        var totals = row.Totals;
        var (count, bytes, through, lost, hasKeys) = (totals.Count, totals.Bytes, totals.TrimmedThrough, 0L, false);
        ReadBlocks(row.TopicId, totals.TrimmedThrough, long.MaxValue);
        foreach (var block in _oldest)
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

        var keys = totals.Kept - totals.Stale + (hasKeys ? CountKeys(row.TopicId, totals.TrimmedThrough, through) : 0);
        var aged = keys > 0 ? CountKeys(row.TopicId, 0, Math.Min(through, bounds.FirstId - 1)) : 0;
        var over = Math.Max(aged, keys - bounds.MaxKeys);
        var keysThrough = over > 0 ? Math.Min(KeyAt(row.TopicId, Math.Min(over, KeysPerPlan) - 1), through) : 0;
        if (through == totals.TrimmedThrough && keysThrough == 0 && !AreStaleWorthATrim(totals)) return default;
        return new(through, Math.Max(lost, keysThrough), keysThrough);
    }

    public bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, Action<long>? losing = null)
    {
        _losing = losing;
        if (_topics.Find(topic) is not { } row) return false;
        var totals = row.Totals;
        var isBegun = _trimming == row.TopicId;
        _trimming = 0;
        if (!isBegun && plan.Through <= totals.TrimmedThrough && plan.LostThrough <= totals.LostThrough && plan.KeysThrough == 0 && !AreStaleWorthATrim(totals))
            return false;
        bool isMore;
        var database = Database;
        database.BeginWrite();
        try
        {
            if (!isBegun) BeginTrim(row.TopicId, plan, ref totals);
            isMore = Thin(row.TopicId, plan.Through, ref totals);
            if (!isMore) EndTrim(row.TopicId, plan.Through, ref totals);
            totals.FirstId = FirstAfter(row.TopicId, totals.TrimmedThrough);
            _topics.Update(row, totals);
            database.Commit();
        }
        catch
        {
            database.RollBack();
            throw;
        }

        _topics.Adopt(row, totals);
        if (isMore) _trimming = row.TopicId;
        return isMore;
    }

    public void RemoveTopic(ReadOnlySpan<byte> topic)
    {
        if (_topics.Find(topic) is not { } row) return;
        if (HasEvents(topic)) throw new InvalidOperationException("The topic has events.");
        var store = _store;
        var database = Database;
        database.BeginWrite();
        try
        {
            _topics.Delete(row);
            Set(store with { Floor = Math.Max(store.Floor, Math.Max(row.Totals.LostThrough, row.Totals.LastId)) });
            database.Commit();
        }
        catch
        {
            database.RollBack();
            _store = store;
            throw;
        }

        _topics.Forget(row);
    }

    private void PrepareTrimming(SqliteDatabase database)
    {
        _blocksAfter = database.Prepare(
            $"SELECT {BlockRow.Columns} FROM {BlockRow.Source} WHERE b.topic_id = ?1 AND b.first_id > ?2 AND b.first_id <= ?3 ORDER BY b.first_id LIMIT {BlocksPerStep}");
        PrepareThinning(database);
    }

    private static bool AreStaleWorthATrim(in TopicTotals totals)
        => totals.Stale > 0 && totals.Stale * 2 >= totals.Kept && (totals.Stale >= StaleWorthATrim || totals.Count == 0);

    /// <summary>Takes note of what is lost, lets go of the keys that are too many, and decides where to begin.</summary>
    private void BeginTrim(long topicId, in StoreTrim plan, ref TopicTotals totals)
    {
        totals.LostThrough = Math.Max(totals.LostThrough, plan.LostThrough);
        if (plan.KeysThrough > 0)
        {
            totals.Stale += CountKeys(topicId, 0, Math.Min(plan.KeysThrough, totals.TrimmedThrough));
            _deleteKeys.Bind(1, topicId).Bind(2, 0).Bind(3, plan.KeysThrough).Run();
        }

        // Each walk over what is kept takes half of it with it, so it costs little for each event.
        _trimmedTo = totals.Stale > 0 && totals.Stale * 2 >= totals.Kept ? 0 : totals.TrimmedThrough;
    }

    private void EndTrim(long topicId, long through, ref TopicTotals totals)
    {
        // Retention ends between two blocks; an id within one, which no plan gives, is rounded down to its beginning.
        ReadBlocks(topicId, totals.TrimmedThrough, through);
        if (_oldest.Count == 0) totals.TrimmedThrough = Math.Max(totals.TrimmedThrough, through);
        // Counted anew, so that what damage has done to the numbers does not stay.
        if (totals.Kept > 0) totals.Stale = Math.Max(0, totals.Kept - CountKeys(topicId, 0, totals.TrimmedThrough));
    }

    private void ReadBlocks(long topicId, long after, long through)
    {
        _oldest.Clear();
        _blocksAfter.Bind(1, topicId).Bind(2, after).Bind(3, through);
        while (_blocksAfter.Step()) _oldest.Add(BlockRow.Read(_blocksAfter));
    }

    private long FirstAfter(long topicId, long after)
    {
        _blocksAfter.Bind(1, topicId).Bind(2, after).Bind(3, long.MaxValue);
        var firstId = _blocksAfter.Step() ? _blocksAfter.Number(0) : 0;
        _blocksAfter.Reset();
        return firstId;
    }
}
