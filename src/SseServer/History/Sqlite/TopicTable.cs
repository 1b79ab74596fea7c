using SseServer.Protocol.Topics;

namespace SseServer.History.Sqlite;

/// <summary>
/// The topics' rows and, beside them in memory, their keys and totals: read whole at the start, so that a commit looks nothing up. What stands in memory is what is committed. For the writer's thread.
/// </summary>
internal sealed class TopicTable
{
    private readonly Dictionary<byte[], TopicRow> _byName = new(Utf8Comparer.Instance);
    private readonly Dictionary<long, TopicRow> _byId = [];
    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _update;
    private readonly SqliteStatement _delete;

    public TopicTable(SqliteDatabase database)
    {
        _database = database;
        _insert = database.Prepare($"INSERT INTO topics (name, {TopicTotals.Columns}) "
            + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
        _update = database.Prepare($"UPDATE topics SET ({TopicTotals.Columns}) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
            + "?11) WHERE topic_id = ?1");
        _delete = database.Prepare("DELETE FROM topics WHERE topic_id = ?1");
        Load();
    }

    public IEnumerable<TopicRow> All => _byId.Values;

    public int Count => _byId.Count;

    public TopicRow? Find(ReadOnlySpan<byte> name)
        => _byName.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var row) ? row : null;

    public TopicRow? Find(long topicId) => _byId.GetValueOrDefault(topicId);

    /// <summary>Writes the row of a topic that has none; it counts once <see cref="Adopt"/> is told of it, after the commit.</summary>
    public TopicRow Insert(byte[] name, in TopicTotals totals)
    {
        totals.Bind(_insert, 2, name).Bind(1, name).Run();
        return new TopicRow(_database.LastInsertedRow(), name);
    }

    /// <summary>Writes a row's totals; they count once <see cref="Adopt"/> is told of them, after the commit.</summary>
    public void Update(TopicRow row, in TopicTotals totals) => totals.Bind(_update, 2, row.Name).Bind(1, row.TopicId).Run();

    /// <summary>Deletes a row; it counts once <see cref="Forget"/> is told of it, after the commit.</summary>
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
            if (!TopicTotals.IsRight(rows, 2, name)) throw StoreErrors.DamagedRow(_database.Path, "topics");
            Adopt(new TopicRow(rows.Number(0), name), TopicTotals.Read(rows, 2));
        }
    }
}
