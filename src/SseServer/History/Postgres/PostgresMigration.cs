using System.Data;
using System.Globalization;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>Creates the schema, or brings that of an older version to this program's. One at a time, under the migration lock.</summary>
internal static class PostgresMigration
{
    // Element n makes version n + 2 of version n + 1, in the same transaction as all others. A released step never changes. A step that
    // servers of the version before cannot live with raises compatible_from.
    private static readonly string[] Steps = [];

    /// <summary>What a run did.</summary>
    internal enum Outcome
    {
        Created,
        Upgraded,
        UpToDate,
    }

    /// <summary>Creates or upgrades the schema.</summary>
    /// <exception cref="StoreException">
    /// The database failed, or the schema is not a history's or is newer than this program. Nothing is changed.
    /// </exception>
    public static Outcome Run(PostgresSession session) => session.Run(connection =>
    {
        using var transaction = connection.BeginTransaction(IsolationLevel.ReadCommitted);
        Execute(connection, session.Schema.MigrationLockStatement);
        var outcome = Outcome.UpToDate;
        if (Read(session, connection) is not { } found)
        {
            Execute(connection, session.Schema.CreationStatements());
            outcome = Outcome.Created;
        }
        else if (found.Version < PostgresSchema.Version)
        {
            foreach (var step in Steps.AsSpan(found.Version - 1)) Execute(connection, session.Schema.Fill(step));
            Execute(connection, session.Schema.Fill(string.Create(
                CultureInfo.InvariantCulture, $"update {{schema}}.settings set version = {PostgresSchema.Version}")));
            outcome = Outcome.Upgraded;
        }
        else if (session.Schema.FindProblem(found.Version, found.CompatibleFrom) is { } problem)
        {
            throw new StoreException(StoreFailure.Corrupt, problem);
        }

        transaction.Commit();
        return outcome;
    });

    /// <summary>Why this program cannot use the schema; null if it can.</summary>
    public static string? FindProblem(PostgresSession session, NpgsqlConnection connection)
        => Read(session, connection) is { } found
            ? session.Schema.FindProblem(found.Version, found.CompatibleFrom)
            : $"There is no schema \"{session.Schema.Name}\" in the database; run 'sse-server history migrate'.";

    // Null if there is no schema, or an empty one that the database's owner has made for this.
    private static (int Version, int CompatibleFrom)? Read(PostgresSession session, NpgsqlConnection connection)
    {
        using (var look = session.Command(connection, "select to_regclass('{schema}.outbox_marks') is not null, "
            + "exists (select from pg_class where relnamespace = to_regnamespace('{schema}'))"))
        {
            using var reader = look.ExecuteReader(CommandBehavior.SingleRow);
            reader.Read();
            if (!reader.GetBoolean(0) && !reader.GetBoolean(1)) return null;
            if (!reader.GetBoolean(0))
                throw new StoreException(StoreFailure.Corrupt,
                    $"The schema \"{session.Schema.Name}\" has tables of another program; set History:Schema to another name.");
        }

        using var command = session.Command(connection, "select version, compatible_from from {schema}.settings");
        using var row = command.ExecuteReader(CommandBehavior.SingleRow);
        row.Read();
        return (row.GetInt32(0), row.GetInt32(1));
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
