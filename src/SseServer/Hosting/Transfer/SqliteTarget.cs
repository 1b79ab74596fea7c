using Microsoft.Data.Sqlite;
using SseServer.History;
using SseServer.History.Sqlite;

namespace SseServer.Hosting.Transfer;

/// <summary>A history file that is created, or was never written to.</summary>
internal sealed class SqliteTarget : IHistoryTarget
{
    private readonly string _path;
    private readonly SqliteEventStore _store;

    /// <exception cref="StoreException">The file cannot be opened, or is not empty.</exception>
    public SqliteTarget(string path)
    {
        _path = Path.GetFullPath(path);
        _store = new(path);
        try
        {
            var start = _store.Open(1, 1);
            if (start.Topics.Count > 0 || start.LastId > 0)
                throw new StoreException(
                    StoreFailure.Unavailable, $"The history {_path} is not empty; import into a file that does not exist yet.");
        }
        catch
        {
            _store.Dispose();
            throw;
        }
    }

    public void Write(StoreCommit commit) => _store.Commit(commit);

    public void Finish(HistoryMarks marks)
    {
        foreach (var topic in marks.Topics)
        {
            if (topic.TrimmedThrough == 0) continue;
            var trim = new StoreTrim(topic.TrimmedThrough, topic.LostThrough);
            while (_store.Trim(topic.Name, trim)) { }
        }

        _store.Close(marks.HighWater);
        _store.Dispose();
        using var database = SqliteDatabase.Open(_path, SqliteOpenMode.ReadWrite);
        var tables = new StoreTables(database);
        using var transaction = database.BeginWrite();
        foreach (var topic in marks.Topics) WriteTopic(tables, topic);
        WriteLives(tables, marks);
        var row = tables.Store.Row;
        tables.Store.Update(row with
        {
            Origin = marks.Origin,
            Floor = marks.Floor,
            HighWater = marks.HighWater,
            LastId = Math.Max(row.LastId, marks.Topics.Select(topic => topic.LastId).DefaultIfEmpty().Max()),
            UncleanThrough = 0,
        });
        transaction.Commit();
    }

    public void Dispose() => _store.Dispose();

    private static void WriteTopic(StoreTables tables, in StoredTopic topic)
    {
        var end = topic.DeletedId > 0 ? topic.DeletedId : topic.EndId;
        if (tables.Topics.Find(topic.Name) is { } row)
        {
            tables.Topics.Update(row, row.Totals with { EndId = end });
            return;
        }

        tables.Topics.Insert(topic.Name, new(0, topic.LastId, 0, 0, topic.LostThrough)
        {
            TrimmedThrough = topic.TrimmedThrough,
            EndId = end,
        });
    }

    private static void WriteLives(StoreTables tables, HistoryMarks marks)
    {
        tables.Database.Execute("DELETE FROM lives");
        var end = 0L;
        foreach (var life in marks.Lives)
        {
            tables.Lives.Begin(end, life.First);
            end = life.Last;
        }
    }
}
