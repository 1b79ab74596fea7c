using System.Text;
using SseServer.History;
using SseServer.History.Postgres;

namespace SseServer.Hosting.Transfer;

/// <summary>A history in PostgreSQL, which is only read.</summary>
internal sealed class PostgresSource : IHistorySource
{
    private readonly PostgresDatabase _database;
    private readonly PostgresEventReader _reader;

    /// <exception cref="StoreException">It cannot be read.</exception>
    public PostgresSource(PostgresOptions options)
    {
        _database = new(options);
        try
        {
            _database.Check();
            Marks = ReadMarks(_database.Session);
            // Marks are read once, so no page brings newer ones.
            _reader = new(_database.Session, () => long.MaxValue, static _ => { });
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    public HistoryMarks Marks { get; }

    /// <summary>Reads its events.</summary>
    public IStoredEventReader Reader => _reader;

    public void CopyTo(HistoryCopy copy) => SqliteSource.Copy(_reader, copy);

    public void Dispose() => _database.Dispose();

    private static HistoryMarks ReadMarks(PostgresSession session) => session.Run(connection =>
    {
        var (origin, floor, last, lives, topics) = (0L, 0L, 0L, new List<IdRange>(), new List<StoredTopic>());
        using (var command = session.Command(connection, "select s.origin, s.floor, i.last_value from {schema}.settings s, {schema}.ids i"))
        using (var reader = command.ExecuteReader())
        {
            reader.Read();
            (origin, floor, last) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        }

        using (var command = session.Command(connection, "select first, coalesce(last, 0) from {schema}.epochs order by first"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var (first, end) = (reader.GetInt64(0), reader.GetInt64(1));
                lives.Add(new(first, Math.Max(first, end == 0 ? last : end)));
            }
        }

        using (var command = session.Command(connection, """
            select t.name, t.trimmed_through, t.lost_through, t.end_id, t.deleted_id,
                greatest(t.trimmed_through, t.lost_through,
                    (select e.id from {schema}.events e where e.topic = t.id order by e.id desc limit 1))
                from {schema}.topics t
            """))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                topics.Add(new(Encoding.UTF8.GetBytes(reader.GetString(0)), 0, reader.GetInt64(5), 0, 0, reader.GetInt64(2))
                {
                    TrimmedThrough = reader.GetInt64(1),
                    EndId = reader.GetInt64(3),
                    DeletedId = reader.GetInt64(4),
                });
            }
        }

        // What was shown is in a life. The database's sequence begins at its clock, so it may be ahead.
        var shown = lives is [.., var newest] ? newest.Last : origin;
        var highWater = topics.Select(topic => Math.Max(topic.LastId, topic.DeletedId)).Append(shown).Max();
        return new HistoryMarks(origin, highWater, floor, lives, topics);
    });
}
