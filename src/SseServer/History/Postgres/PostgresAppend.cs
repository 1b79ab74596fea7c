using Npgsql;
using NpgsqlTypes;

namespace SseServer.History.Postgres;

/// <summary>Calls the function that appends, with one array for each field of the events.</summary>
internal static class PostgresAppend
{
    public static bool Run(PostgresSession session, NpgsqlConnection connection, SharedCommit commit, TimeSpan endedLinger)
    {
        using var command = session.Command(connection, "select * from {schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        Add(NpgsqlDbType.Text, commit.Topics);
        Add(NpgsqlDbType.Integer, commit.TopicOf);
        Add(NpgsqlDbType.Integer, commit.BatchOf);
        Add(NpgsqlDbType.Boolean, commit.IsFinal);
        Add(NpgsqlDbType.Integer, commit.PublisherIdLengths);
        Add(NpgsqlDbType.Bigint, commit.Digests);
        Add(NpgsqlDbType.Bytea, commit.Keys);
        Add(NpgsqlDbType.Bytea, commit.Blocks);
        command.Parameters.Add(new() { Value = (long)endedLinger.TotalMilliseconds });
        using var reader = command.ExecuteReader();
        reader.Read();
        if (commit.Count == 0) return true;
        commit.Refusals = Array.ConvertAll(reader.GetFieldValue<int[]>(0), status => (SharedCommit.Refusal)status);
        commit.RefusedEvents = Array.ConvertAll(reader.GetFieldValue<int[]>(1), number => number - 1);
        commit.Ids = reader.GetFieldValue<long[]>(2);
        commit.Repeats = reader.GetFieldValue<bool[]>(3);
        return true;

        void Add<T>(NpgsqlDbType type, List<T> values)
            => command.Parameters.Add(new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
