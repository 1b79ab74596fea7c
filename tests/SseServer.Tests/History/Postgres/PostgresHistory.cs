using SseServer.History.Postgres;

namespace SseServer.Tests.History.Postgres;

/// <summary>An empty history in a database of its own.</summary>
internal sealed class PostgresHistory
{
    private PostgresHistory(PostgresDatabase database, string schema) => (Database, Schema) = (database, schema);

    public PostgresDatabase Database { get; }

    public string Schema { get; }

    /// <summary>The URL, as a setting of the server.</summary>
    public string Url => Database.Url;

    /// <summary>Creates one on the cluster that tests share, or on another.</summary>
    public static async Task<PostgresHistory> CreateAsync(PostgresCluster? cluster = null, string schema = PostgresOptions.DefaultSchema)
    {
        cluster ??= await PostgresCluster.SharedAsync();
        return await CreateAsync(await cluster.CreateDatabaseAsync(), schema);
    }

    /// <summary>Creates one in a database that may have others.</summary>
    public static async Task<PostgresHistory> CreateAsync(PostgresDatabase database, string schema)
    {
        var history = new PostgresHistory(database, schema);
        await history.ExecuteAsync(new PostgresSchema(schema).CreationScript());
        return history;
    }

    /// <summary>The same with a standby as second host.</summary>
    public string UrlWith(PostgresCluster standby)
    {
        var host = $"127.0.0.1:{Database.Cluster.Port}";
        return Url.Replace(host, $"{host},127.0.0.1:{standby.Port}", StringComparison.Ordinal);
    }

    /// <summary>What a server is configured with.</summary>
    public PostgresOptions Options(string? url = null)
    {
        if (!PostgresUrl.TryParse(url ?? Url, out var parsed, out var problem)) throw new ArgumentException(problem);
        return new() { Url = parsed, Schema = Schema, Timeout = TimeSpan.FromSeconds(5) };
    }

    /// <summary>A store of this history, not opened yet.</summary>
    public PostgresEventStore NewStore(PostgresOptions? options = null) => new(options ?? Options(), TimeSpan.FromHours(24));

    /// <summary>Runs statements in the database.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Database.OpenAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>The first column of a query's rows.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql)
    {
        await using var connection = await Database.OpenAsync();
        return await connection.QueryAsync<T>(sql);
    }
}
