using System.Data;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>
/// Opens connections to the server that accepts writes, or for reading to standbys, too. Servers are tried in turn, beginning with the
/// last good one. A server is no good if it is in recovery, unless standbys are welcome, or if its timeline is older than one that was
/// seen: then it is a former primary that does not know of its successor. Any thread.
/// </summary>
internal sealed class PostgresConnector : IDisposable
{
    private readonly PostgresOptions _options;
    private readonly PostgresSchema _schema;
    private readonly bool _takesStandbys;
    private readonly (PostgresUrl Url, int Host)[] _places;
    private readonly NpgsqlDataSource[] _servers;
    private int _good;
    private int _timeline;

    /// <param name="options">The database.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="takesStandbys">For reading.</param>
    /// <param name="urls">The servers: those of the options, or others for notifications or for reading.</param>
    public PostgresConnector(PostgresOptions options, PostgresSchema schema, bool takesStandbys, params PostgresUrl[] urls)
    {
        (_options, _schema, _takesStandbys) = (options, schema, takesStandbys);
        _places = [.. urls.SelectMany(url => Enumerable.Range(0, url.Hosts.Count).Select(host => (url, host)))];
        _servers = Array.ConvertAll(_places, CreateSource);
    }

    /// <summary>The server that the last connection was made to, as in <c>db.example.org:5432</c>.</summary>
    public string Server => NameOf(Volatile.Read(ref _good));

    /// <summary>Opens a connection.</summary>
    /// <exception cref="StoreException">There is none.</exception>
    public NpgsqlConnection Open()
    {
        StoreException? failure = null;
        // Standbys are in the order of preference.
        var first = _takesStandbys ? 0 : Volatile.Read(ref _good);
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
            else if (timeline == 0 && _takesStandbys) timeline = Volatile.Read(ref _timeline);
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

    private NpgsqlDataSource CreateSource((PostgresUrl Url, int Host) place)
    {
        var settings = place.Url.ConnectionTo(place.Host, _options.Timeout, isDirect: _options.ListenUrl is null);
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        if (_options.PasswordFile is { } file)
            builder.UsePasswordProvider(_ => ReadPassword(file), (_, _) => new(ReadPassword(file)));
        return builder.Build();
    }

    // At each connect, so that a password may be replaced while the server runs.
    private static string ReadPassword(string file) => File.ReadAllText(file).TrimEnd('\r', '\n');

    private string NameOf(int index)
    {
        var (url, host) = _places[index];
        return $"{url.Hosts[host].Host}:{url.Hosts[host].Port}";
    }
}
