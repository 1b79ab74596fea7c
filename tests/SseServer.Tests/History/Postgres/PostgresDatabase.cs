using Npgsql;

namespace SseServer.Tests.History.Postgres;

/// <summary>A database of one test. Disposing it ends its sessions and drops it.</summary>
internal sealed class PostgresDatabase(PostgresCluster cluster, string name) : IAsyncDisposable
{
    /// <summary>The server that has it.</summary>
    public PostgresCluster Cluster => cluster;

    /// <summary>What Npgsql connects with, as the superuser.</summary>
    public string ConnectionString => cluster.ConnectionString(name);

    /// <summary>The same as a setting of sse-server.</summary>
    public string Url => cluster.Url(name);

    /// <summary>Opens a session of its own.</summary>
    /// <param name="user">Who connects; the superuser if null.</param>
    public async Task<NpgsqlConnection> OpenAsync(string? user = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString);
        if (user is not null) builder.Username = user;
        var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public async ValueTask DisposeAsync() => await cluster.ExecuteAsync($"drop database {name} with (force)");
}
