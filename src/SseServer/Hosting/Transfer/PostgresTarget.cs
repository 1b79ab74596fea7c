using System.Text;
using SseServer.History;
using SseServer.History.Postgres;

namespace SseServer.Hosting.Transfer;

/// <summary>A history in PostgreSQL that was created and never written to. No server may run on it.</summary>
internal sealed class PostgresTarget : IHistoryTarget
{
    private readonly PostgresDatabase _database;

    /// <exception cref="StoreException">It cannot be written, or is not empty.</exception>
    public PostgresTarget(PostgresOptions options)
    {
        _database = new(options);
        try
        {
            _database.Check();
            CheckEmpty();
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    public void Write(StoreCommit commit) => _database.Session.Run(connection => PostgresImport.Run(_database.Session, connection, commit));

    public void Finish(HistoryMarks marks) => _database.Session.Run(connection =>
    {
        // What this history assigned before is nothing that anybody has seen.
        using var command = _database.Session.Command(connection, """
            with written as (
                insert into {schema}.topics as t (name, trimmed_through, lost_through, end_id, deleted_id)
                    select * from unnest($1, $2, $3, $4, $5)
                    on conflict (name) do update set trimmed_through = excluded.trimmed_through, lost_through = excluded.lost_through,
                        end_id = excluded.end_id, deleted_id = excluded.deleted_id),
            ranges as (
                insert into {schema}.epochs (first, last, timeline, system)
                    select l.first, l.last, {schema}.timeline(), (pg_control_system()).system_identifier from unnest($6, $7) l(first, last)
                    on conflict (first) do nothing),
            settings as (update {schema}.settings set origin = $8, floor = $9)
            select setval('{schema}.ids', greatest($10, last_value)) from {schema}.ids
            """);
        Add(marks.Topics.Select(topic => Encoding.UTF8.GetString(topic.Name)).ToArray());
        Add(marks.Topics.Select(topic => topic.TrimmedThrough).ToArray());
        Add(marks.Topics.Select(topic => topic.LostThrough).ToArray());
        Add(marks.Topics.Select(topic => topic.EndId).ToArray());
        Add(marks.Topics.Select(topic => topic.DeletedId).ToArray());
        Add(marks.Lives.Select(life => life.First).ToArray());
        Add(marks.Lives.Select(life => life.Last).ToArray());
        Add(marks.Origin);
        Add(marks.Floor);
        Add(marks.HighWater);
        return command.ExecuteNonQuery();

        void Add(object value) => command.Parameters.Add(new() { Value = value });
    });

    public void Dispose() => _database.Dispose();

    private void CheckEmpty() => _database.Session.Run(connection =>
    {
        const string Sql =
            "select exists (select from {schema}.topics) or exists (select from {schema}.deletions) "
            + "or exists (select from {schema}.outbox)";
        if (!_database.Session.Read<bool>(connection, Sql)) return true;
        throw new StoreException(
            StoreFailure.Unavailable,
            $"The history in the schema \"{_database.Session.Schema.Name}\" at {_database.Server} is not empty; import into a new one: "
            + "set History:Schema to another name, and run 'sse-server history migrate'.");
    });
}
