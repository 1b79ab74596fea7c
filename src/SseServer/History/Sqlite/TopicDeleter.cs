namespace SseServer.History.Sqlite;

/// <summary>
/// Deletes topics so that nothing of them can be read from the file: rows in one transaction with <c>secure_delete</c>, which overwrites
/// them with zeros, then the write-ahead log. For the writer's thread.
/// </summary>
internal sealed class TopicDeleter(StoreTables tables)
{
    // It finds a topic's publisher ids by reading all of them, since they are indexed by text only.
    private readonly SqliteStatement _publisherIds = tables.Database.Prepare("DELETE FROM publisher_ids WHERE topic_id = ?1");

    private readonly SqliteStatement _countPublisherIds = tables.Database.Prepare(
        "SELECT coalesce(sum(publisher_ids), 0) FROM blocks WHERE topic_id = ?1");

    private readonly SqliteStatement _keyedBlocks = tables.Database.Prepare(
        "DELETE FROM keyed_blocks WHERE first_id IN (SELECT first_id FROM blocks WHERE topic_id = ?1)");

    private readonly SqliteStatement _blocks = tables.Database.Prepare("DELETE FROM blocks WHERE topic_id = ?1");

    private readonly SqliteStatement _keys = tables.Database.Prepare("DELETE FROM keys WHERE topic_id = ?1");

    /// <inheritdoc cref="IOwnedStore.DeleteTopic"/>
    public bool Delete(ReadOnlySpan<byte> topic, long id, long highWater)
    {
        var store = tables.Store.Row;
        store = store with { HighWater = Math.Max(store.HighWater, highWater), LastId = Math.Max(store.LastId, id) };
        var row = tables.Topics.Find(topic);
        var totals = row is null ? default : Emptied(row.Totals, id);
        tables.Database.Execute("PRAGMA secure_delete = ON");
        try
        {
            using var transaction = tables.Database.BeginWrite();
            if (row is not null) DeleteRows(row, totals);
            tables.Store.Update(store);
            transaction.Commit();
        }
        finally
        {
            tables.Database.Execute("PRAGMA secure_delete = FAST");
        }

        tables.Store.Adopt(store);
        if (row is not null) tables.Topics.Adopt(row, totals);
        return tables.Database.TryTruncateLog();
    }

    private static TopicTotals Emptied(in TopicTotals totals, long id)
        => new(0, totals.LastId, 0, 0, totals.LastId) { TrimmedThrough = totals.LastId, EndId = id };

    private void DeleteRows(TopicRow row, in TopicTotals totals)
    {
        if (_countPublisherIds.Bind(1, row.TopicId).TakeNumber() > 0) _publisherIds.Bind(1, row.TopicId).Run();
        _keyedBlocks.Bind(1, row.TopicId).Run();
        _blocks.Bind(1, row.TopicId).Run();
        _keys.Bind(1, row.TopicId).Run();
        tables.Topics.Update(row, totals);
    }
}
