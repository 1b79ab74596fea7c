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
        var (origin, floor) = PostgresTopics.ReadSettings(session, connection);
        var last = session.Read<long>(connection, "select last_value from {schema}.ids");
        var lives = new List<IdRange>();
        using (var command = session.Command(connection, "select first, coalesce(last, 0) from {schema}.epochs order by first"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var (first, end) = (reader.GetInt64(0), reader.GetInt64(1));
                lives.Add(new(first, Math.Max(first, end == 0 ? last : end)));
            }
        }

        var topics = PostgresTopics.Read(session, connection, through: long.MaxValue, out _);
        // What was shown is in a life. The database's sequence begins at its clock, so it may be ahead.
        var shown = lives is [.., var newest] ? newest.Last : origin;
        var highWater = topics.Select(topic => Math.Max(topic.LastId, topic.DeletedId)).Append(shown).Max();
        return new HistoryMarks(origin, highWater, floor, lives, topics);
    });
}
