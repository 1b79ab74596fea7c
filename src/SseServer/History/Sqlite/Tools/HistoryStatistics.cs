namespace SseServer.History.Sqlite.Tools;

/// <summary>What a history has, from its totals: no event is read.</summary>
internal sealed record HistoryStatistics
{
    public required int Format { get; init; }

    /// <summary>Bytes of the database, of which <see cref="FreeBytes"/> are free for events to come.</summary>
    public required long FileBytes { get; init; }

    public required long FreeBytes { get; init; }

    public required long Origin { get; init; }

    public required long LastId { get; init; }

    /// <summary>False while a server has it open, and after one that was not stopped cleanly.</summary>
    public required bool IsClosed { get; init; }

    public required long Blocks { get; init; }

    /// <summary>Keys of all topics.</summary>
    public required long Keys { get; init; }

    /// <summary>The topics, by bytes, the largest first.</summary>
    public required IReadOnlyList<StoredTopic> Topics { get; init; }

    /// <exception cref="StoreException">The file cannot be read.</exception>
    public static HistoryStatistics Read(string path)
    {
        using var database = HistoryFile.Open(path);
        database.Execute("BEGIN");
        var store = database.Prepare("SELECT origin, last_id, is_clean FROM store");
        store.Step();
        var pageSize = database.QueryNumber("PRAGMA page_size");
        return new()
        {
            Format = StoreSchema.Version(database),
            FileBytes = database.QueryNumber("PRAGMA page_count") * pageSize,
            FreeBytes = database.QueryNumber("PRAGMA freelist_count") * pageSize,
            Origin = store.Number(0),
            LastId = store.Number(1),
            IsClosed = store.Number(2) == 1,
            // Counts in the narrowest index, because it is read as a whole.
            Blocks = database.QueryNumber("SELECT count(*) FROM blocks INDEXED BY blocks_by_topic WHERE topic_id >= 0"),
            Keys = database.QueryNumber("SELECT count(*) FROM keys INDEXED BY keys_by_id WHERE topic_id >= 0"),
            Topics = ReadTopics(database),
        };
    }

    private static List<StoredTopic> ReadTopics(SqliteDatabase database)
    {
        var topics = new List<StoredTopic>();
        var rows = database.Prepare($"SELECT name, {TopicTotals.Columns} FROM topics ORDER BY bytes DESC, topic_id");
        while (rows.Step())
        {
            var name = rows.Blob(0).ToArray();
            // HistoryCheck reports a row that fails its checksum; here it counts as it is.
            _ = TopicTotals.TryRead(rows, 1, name, out var totals);
            topics.Add(totals.ToStored(name));
        }

        return topics;
    }
}
