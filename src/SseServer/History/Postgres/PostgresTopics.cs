using System.Data;
using System.Text;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>Reads what a shared history knows beside its events.</summary>
internal static class PostgresTopics
{
    /// <summary>Reads the topics as they were when an id was the newest.</summary>
    /// <param name="session">The connection's session.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="through">Events, ends and deletions after this id are left out; marks are those of now.</param>
    /// <param name="newestTrim">The number of the newest mark.</param>
    public static List<StoredTopic> Read(PostgresSession session, NpgsqlConnection connection, long through, out long newestTrim)
    {
        using var command = session.Command(connection, """
            select t.name, t.trimmed_through, t.lost_through, case when t.end_id <= $1 then t.end_id else 0 end,
                case when t.deleted_id <= $1 then t.deleted_id else 0 end, t.trim_number,
                greatest(t.trimmed_through, t.lost_through,
                    (select e.id from {schema}.events e where e.topic = t.id and e.id <= $1 order by e.id desc limit 1))
                from {schema}.topics t
            """, through);
        using var reader = command.ExecuteReader();
        var topics = new List<StoredTopic>();
        newestTrim = 0;
        while (reader.Read())
        {
            topics.Add(new(Encoding.UTF8.GetBytes(reader.GetString(0)), 0, reader.GetInt64(6), 0, 0, reader.GetInt64(2))
            {
                TrimmedThrough = reader.GetInt64(1),
                EndId = reader.GetInt64(3),
                DeletedId = reader.GetInt64(4),
            });
            newestTrim = Math.Max(newestTrim, reader.GetInt64(5));
        }

        return topics;
    }

    /// <summary>The first id of the history, and up to which one events may have been deleted with topics that were removed.</summary>
    public static (long Origin, long Floor) ReadSettings(PostgresSession session, NpgsqlConnection connection)
    {
        using var command = session.Command(connection, "select origin, floor from {schema}.settings");
        using var reader = command.ExecuteReader(CommandBehavior.SingleRow);
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>The bounds on what is published from SQL.</summary>
    public static PublishBounds ReadBounds(PostgresSession session, NpgsqlConnection connection)
    {
        using var command = session.Command(connection, "select max_event_bytes, min_retry_ms, max_retry_ms from {schema}.settings");
        using var reader = command.ExecuteReader(CommandBehavior.SingleRow);
        reader.Read();
        return new(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2));
    }
}
