using SseServer.History;
using SseServer.History.Postgres;

namespace SseServer.Hosting.Transfer;

/// <summary>A connection of a command to the database of a shared history.</summary>
internal sealed class PostgresDatabase : IDisposable
{
    // What a command does in one statement may take longer than what a server does.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    private readonly PostgresConnector _connector;

    /// <param name="options">Which database.</param>
    public PostgresDatabase(PostgresOptions options)
    {
        options = options with { Timeout = Timeout };
        var schema = new PostgresSchema(options.Schema);
        _connector = new(options, schema, takesStandbys: false, options.Url);
        Session = new(_connector, schema);
    }

    public PostgresSession Session { get; }

    /// <summary>The server, as in <c>db.example.org:5432</c>.</summary>
    public string Server => _connector.Server;

    /// <exception cref="StoreException">There is no schema, or this program cannot use it.</exception>
    public void Check() => Session.Run(connection =>
        PostgresMigration.FindProblem(Session, connection) is { } problem ? throw new StoreException(StoreFailure.Corrupt, problem) : true);

    public void Dispose()
    {
        Session.Dispose();
        _connector.Dispose();
    }
}
