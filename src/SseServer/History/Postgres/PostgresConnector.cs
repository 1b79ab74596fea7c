using System.Data;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>
/// Opens connections to the server that accepts writes. Servers are tried in turn, beginning with the last good one. A server is no good if
/// it is in recovery, or if its timeline is older than one that was seen: then it is a former primary that does not know of its successor.
/// Any thread.
/// </summary>
internal sealed class PostgresConnector : IDisposable
{
    private readonly PostgresOptions _options;
    private readonly PostgresSchema _schema;
    private readonly PostgresUrl _url;
    private readonly NpgsqlDataSource[] _servers;
    private int _good;
    private int _timeline;

    /// <param name="options">The database.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="url">The servers: those of the options, or others for notifications.</param>
    public PostgresConnector(PostgresOptions options, PostgresSchema schema, PostgresUrl url)
    {
        (_options, _schema, _url) = (options, schema, url);
        _servers = new NpgsqlDataSource[url.Hosts.Count];
        for (var i = 0; i < _servers.Length; i++) _servers[i] = CreateSource(i);
    }

    /// <summary>The server that the last connection was made to, as in <c>db.example.org:5432</c>.</summary>
    public string Server => NameOf(Volatile.Read(ref _good));

    /// <summary>Opens a connection to the server that accepts writes.</summary>
    /// <exception cref="StoreException">There is none.</exception>
    public NpgsqlConnection Open()
    {
        StoreException? failure = null;
        var first = Volatile.Read(ref _good);
        for (var i = 0; i < _servers.Length; i++)
        {
            var index = (first + i) % _servers.Length;
            try
            {
                if (TryOpen(index, ref failure) is not { } connection) continue;
                Volatile.Write(ref _good, index);
                return connection;
            }
            catch (Exception e) when (PostgresErrors.IsFailure(e))
            {
                // What one server says about the user or the schema is worth more than another's silence.
                var problem = PostgresErrors.Create(e, NameOf(index), _schema.Name);
                if (failure is null || e is PostgresException) failure = problem;
            }
        }

        throw failure!;
    }

    public void Dispose()
    {
        foreach (var server in _servers) server.Dispose();
    }

    private NpgsqlConnection? TryOpen(int index, ref StoreException? failure)
    {
        var connection = _servers[index].OpenConnection();
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = """
                select case when pg_is_in_recovery() then 0
                    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer end,
                    current_setting('server_encoding'),
                    set_config('search_path', 'pg_catalog', false),
                    set_config('default_transaction_isolation', 'read committed', false)
                """;
            using var reader = command.ExecuteReader(CommandBehavior.SingleRow);
            reader.Read();
            var (timeline, encoding) = (reader.GetInt32(0), reader.GetString(1));
            string? problem = null;
            if (encoding != "UTF8") problem = $"has the encoding {encoding}; create the database with encoding UTF8";
            else if (timeline == 0) problem = "is a standby; name its primary in History:Url, too, or promote this one";
            else if (timeline < Volatile.Read(ref _timeline)) problem = "is a former primary; stop it, or make it a standby of the new one";
            if (problem is null)
            {
                for (var known = Volatile.Read(ref _timeline); timeline > known;)
                    known = Interlocked.CompareExchange(ref _timeline, timeline, known) is var seen && seen == known ? timeline : seen;
                var result = connection;
                connection = null;
                return result;
            }

            failure = new(StoreFailure.Unavailable, $"The database at {NameOf(index)} {problem}.");
            return null;
        }
        finally
        {
            connection?.Dispose();
        }
    }

    private NpgsqlDataSource CreateSource(int index)
    {
        var settings = _url.ConnectionTo(index, _options.Timeout, isDirect: _options.ListenUrl is null);
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        if (_options.PasswordFile is { } file)
            builder.UsePasswordProvider(_ => ReadPassword(file), (_, _) => new(ReadPassword(file)));
        return builder.Build();
    }

    // At each connect, so that a password may be replaced while the server runs.
    private static string ReadPassword(string file) => File.ReadAllText(file).TrimEnd('\r', '\n');

    private string NameOf(int index) => $"{_url.Hosts[index].Host}:{_url.Hosts[index].Port}";
}
