using SseServer.Protocol.Topics;

namespace SseServer.History.Sqlite;

/// <summary>A topic as the writer knows it: its number in the store, and its totals as they are committed.</summary>
internal sealed class TopicRow(long topicId, byte[] name)
{
    public long TopicId { get; } = topicId;

    public byte[] Name { get; } = name;

    public TopicTotals Totals { get; set; }

    public StoredTopic ToStored() => Totals.ToStored(Name);
}

/// <summary>
/// The table of topics, and all of its rows in memory: read at the start, so that a commit looks nothing up. Memory has what is committed:
/// <see cref="Adopt"/> and <see cref="Forget"/> follow the commit of a change. For the writer's thread.
/// </summary>
internal sealed class TopicTable
{
    private readonly Dictionary<byte[], TopicRow> _byName = new(Utf8Comparer.Instance);
    private readonly Dictionary<long, TopicRow> _byId = [];
    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _update;
    private readonly SqliteStatement _delete;

    /// <exception cref="StoreException">A row is damaged.</exception>
    public TopicTable(SqliteDatabase database)
    {
        _database = database;
        _insert = database.Prepare(
            $"INSERT INTO topics (name, {TopicTotals.Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
        _update = database.Prepare(
            $"UPDATE topics SET ({TopicTotals.Columns}) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) WHERE topic_id = ?1");
        _delete = database.Prepare("DELETE FROM topics WHERE topic_id = ?1");
        Load();
    }

    public IReadOnlyCollection<TopicRow> All => _byId.Values;

    public TopicRow? Find(ReadOnlySpan<byte> name)
        => _byName.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var row) ? row : null;

    public TopicRow? Find(long topicId) => _byId.GetValueOrDefault(topicId);

    /// <summary>Writes the row of a new topic.</summary>
    public TopicRow Insert(byte[] name, in TopicTotals totals)
    {
        totals.Bind(_insert, 2, name).Bind(1, name).Run();
        return new TopicRow(_database.LastInsertedRow(), name);
    }

    /// <summary>Writes a topic's totals.</summary>
    public void Update(TopicRow row, in TopicTotals totals) => totals.Bind(_update, 2, row.Name).Bind(1, row.TopicId).Run();

    /// <summary>Deletes a topic's row.</summary>
    public void Delete(TopicRow row) => _delete.Bind(1, row.TopicId).Run();

    public void Adopt(TopicRow row, in TopicTotals totals)
    {
        row.Totals = totals;
        if (_byId.TryAdd(row.TopicId, row)) _byName.Add(row.Name, row);
    }

    public void Forget(TopicRow row)
    {
        _byId.Remove(row.TopicId);
        _byName.Remove(row.Name);
    }

    private void Load()
    {
        var rows = _database.Prepare($"SELECT topic_id, name, {TopicTotals.Columns} FROM topics");
        while (rows.Step())
        {
            var name = rows.Blob(1).ToArray();
            if (!TopicTotals.TryRead(rows, 2, name, out var totals)) throw StoreErrors.DamagedRow(_database.Path, "topics");
            Adopt(new TopicRow(rows.Number(0), name), totals);
        }
    }
}
