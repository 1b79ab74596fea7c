namespace SseServer.History;

/// <summary>Where the history is kept.</summary>
internal sealed record HistoryOptions
{
    /// <summary>The store's file. Defaults to null: the history is in memory only.</summary>
    public string? Path { get; init; }
}
