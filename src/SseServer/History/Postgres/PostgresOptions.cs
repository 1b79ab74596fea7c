namespace SseServer.History.Postgres;

/// <summary>The database of a shared history, and how its connections are made. Immutable.</summary>
internal sealed record PostgresOptions
{
    /// <summary>The default of <see cref="Schema"/>.</summary>
    public const string DefaultSchema = "sse";

    /// <summary>The servers; one of them accepts writes.</summary>
    public required PostgresUrl Url { get; init; }

    /// <summary>A direct connection for notifications, if <see cref="Url"/> leads to a pooler that breaks them; null for the same servers.
    /// </summary>
    public PostgresUrl? ListenUrl { get; init; }

    /// <summary>Standbys from which new events are read, in the order of preference; null to read them from <see cref="Url"/>.</summary>
    public PostgresUrl? TailUrl { get; init; }

    /// <summary>The schema that holds the history; two histories in one database have two.</summary>
    public string Schema { get; init; } = DefaultSchema;

    /// <summary>A file with the password, read at each connect, so that it may rotate; null if the URL has it.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>How long the database may take to answer before it counts as away.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
