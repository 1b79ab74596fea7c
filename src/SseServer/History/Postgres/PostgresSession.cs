using System.Data;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>
/// One connection, which is opened when it is needed and again after it was lost. For one thread at a time.
/// </summary>
internal sealed class PostgresSession(PostgresConnector connector, PostgresSchema schema) : IDisposable
{
    private NpgsqlConnection? _connection;
    private bool _wasWarned;

    /// <summary>The schema, which fills the SQL of commands.</summary>
    public PostgresSchema Schema { get; } = schema;

    /// <summary>Counts connections, so that what belongs to one is set up again on the next.</summary>
    public int Generation { get; private set; }

    /// <summary>Does something on the connection.</summary>
    /// <exception cref="StoreException">The database or the network failed. After a lost connection the outcome is unknown.</exception>
    public T Run<T>(Func<NpgsqlConnection, T> action)
    {
        try
        {
            return action(Connect());
        }
        catch (Exception e) when (PostgresErrors.IsFailure(e))
        {
            if (_connection?.FullState != ConnectionState.Open) Drop();
            throw PostgresErrors.Create(e, connector.Server, Schema.Name);
        }
    }

    /// <summary>Runs a statement that must be as durable as the database makes it.</summary>
    /// <exception cref="StoreException">
    /// It failed, or it warned: the wait for a synchronous standby was cancelled, so a failover may lose it.
    /// </exception>
    public T RunDurably<T>(Func<NpgsqlConnection, T> action) => Run(connection =>
    {
        _wasWarned = false;
        var result = action(connection);
        if (!_wasWarned) return result;
        throw new StoreException(StoreFailure.Unavailable,
            $"The database at {connector.Server} committed without its synchronous standby; check the standby.");
    });

    /// <summary>A command with SQL in which <c>{schema}</c> stands for the schema, and <c>$1</c> and so on for the values.</summary>
    public NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = Schema.Fill(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }

    /// <summary>The one value that a statement returns.</summary>
    public T Read<T>(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        using var command = Command(connection, sql, values);
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>Takes an advisory lock until the end of the session; false if another session has it.</summary>
    public bool TryLock(NpgsqlConnection connection, long key) => Read<bool>(connection, "select pg_try_advisory_lock($1)", key);

    /// <summary>Connects, if there is no connection.</summary>
    public NpgsqlConnection Connect()
    {
        if (_connection is { FullState: ConnectionState.Open } open) return open;
        Drop();
        _connection = connector.Open();
        _connection.Notice += (_, e) => _wasWarned |= e.Notice.InvariantSeverity == "WARNING";
        Generation++;
        return _connection;
    }

    /// <summary>Gives the connection up.</summary>
    public void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }

    public void Dispose() => Drop();
}
