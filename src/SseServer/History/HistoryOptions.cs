using SseServer.History.Postgres;

namespace SseServer.History;

/// <summary>Where the history is stored: in memory if neither a file nor a database is named. Immutable.</summary>
internal sealed record HistoryOptions
{
    /// <summary>The file of the store; null if there is none.</summary>
    public string? Path { get; init; }

    /// <summary>The database that several servers share; null if there is none.</summary>
    public PostgresOptions? Postgres { get; init; }

    /// <summary>The schema of a history in a database, also if none is named here.</summary>
    public string Schema { get; init; } = PostgresOptions.DefaultSchema;
}
