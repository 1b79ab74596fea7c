namespace SseServer.History;

/// <summary>Where the history is stored: in memory if neither a file nor a database is named. Immutable.</summary>
internal sealed record HistoryOptions
{
    /// <summary>The file of the store; null if there is none.</summary>
    public string? Path { get; init; }

    /// <summary>The database that several servers share; null if there is none.</summary>
    public Postgres.PostgresOptions? Postgres { get; init; }
}
