using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>Which failure of the store an error of the database is, and the sentence for the operator.</summary>
internal static class PostgresErrors
{
    /// <summary>Whether an exception is what the database or the network did, and no bug.</summary>
    public static bool IsFailure(Exception exception)
        => exception is NpgsqlException or IOException or TimeoutException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException;

    /// <summary>The failure of a connection or a statement.</summary>
    /// <param name="exception">Of <see cref="IsFailure"/>.</param>
    /// <param name="server">The server, as in <c>db.example.org:5432</c>.</param>
    /// <param name="schema">The schema's name.</param>
    public static StoreException Create(Exception exception, string server, string schema)
    {
        var cause = exception is PostgresException { MessageText: var text } ? text : exception.GetBaseException().Message;
        var failure = Classify(exception);
        var advice = Advise(exception as PostgresException, failure, schema);
        return new(failure, $"The database at {server} {advice} ({cause.TrimEnd('.')}).", exception);
    }

    private static StoreFailure Classify(Exception exception) => (exception as PostgresException)?.SqlState switch
    {
        PostgresErrorCodes.DiskFull => StoreFailure.Full,
        PostgresErrorCodes.ReadOnlySqlTransaction => StoreFailure.ReadOnly,
        PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction
            or PostgresErrorCodes.InvalidCatalogName => StoreFailure.Corrupt,
        _ => StoreFailure.Unavailable,
    };

    private static string Advise(PostgresException? exception, StoreFailure failure, string schema) => (failure, exception?.SqlState) switch
    {
        (StoreFailure.Full, _) => "has a full disk; free some space, and the server continues by itself",
        (StoreFailure.ReadOnly, _) => "accepts no writes; name the primary in History:Url, or promote this one",
        (_, PostgresErrorCodes.InvalidCatalogName) => "has no such database; create it, then run 'sse-server history migrate'",
        (StoreFailure.Corrupt, _) => $"has no usable schema \"{schema}\"; run 'sse-server history migrate'",
        (_, PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification) =>
            "refuses the user; correct the user or the password in History:Url or History:PasswordFile, or sslmode",
        (_, PostgresErrorCodes.InsufficientPrivilege) =>
            $"does not allow this to the user; let the owner of the schema \"{schema}\" grant it",
        (_, PostgresErrorCodes.TooManyConnections) => "has no connection left; raise max_connections, or stop what uses them",
        _ => "does not answer; check that it runs and can be reached, and the server continues by itself",
    };
}
