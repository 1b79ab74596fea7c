using Npgsql;
using NpgsqlTypes;

namespace SseServer.Tests.History.Postgres;

/// <summary>Statements on a session of a history in the schema <c>sse</c>.</summary>
internal static class Statements
{
    /// <summary>Publishes as an application does that names all parameters; null is not given.</summary>
    public const string Publish =
        "select sse.publish($1, $2, event => $3, key => $4, id => $5, final => $6, retry => $7)";

    /// <summary>Runs a statement with the parameters <c>$1</c> and so on, or several without.</summary>
    public static async Task ExecuteAsync(this NpgsqlConnection session, string sql, params object?[] parameters)
    {
        await using var command = Command(session, sql, parameters);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of a query's rows.</summary>
    public static async Task<List<T>> QueryAsync<T>(this NpgsqlConnection session, string sql, params object?[] parameters)
    {
        await using var command = Command(session, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync()) values.Add(reader.GetFieldValue<T>(0));
        return values;
    }

    /// <summary>The one value of a query.</summary>
    public static async Task<T> ReadAsync<T>(this NpgsqlConnection session, string sql, params object?[] parameters)
        => (await session.QueryAsync<T>(sql, parameters)).Single();

    /// <summary>Moves everything that is committed to the history, as the nodes do; returns how many calls moved something.</summary>
    public static async Task<int> DrainAsync(this NpgsqlConnection session)
    {
        for (var calls = 0; ; calls++)
            if (await session.ReadAsync<int>("select sse.drain(0)") == 0) return calls;
    }

    /// <summary>Publishes an event with data only.</summary>
    public static Task PublishAsync(this NpgsqlConnection session, string topic, string data)
        => session.ExecuteAsync("select sse.publish($1, $2)", topic, data);

    /// <summary>The history's events in the order of their ids, each as its topic and its block without line breaks.</summary>
    public static Task<List<string>> ReadEventsAsync(this NpgsqlConnection session)
        => session.QueryAsync<string>("""
            select t.name || ' ' || replace(rtrim(convert_from(e.block, 'UTF8'), E'\n'), E'\n', '|')
                from sse.events e join sse.topics t on t.id = e.topic order by e.id
            """);

    private static NpgsqlCommand Command(NpgsqlConnection session, string sql, object?[] parameters)
    {
        var command = new NpgsqlCommand(sql, session);
        foreach (var value in parameters)
            command.Parameters.Add(value is null
                ? new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown }
                : new() { Value = value });
        return command;
    }
}
