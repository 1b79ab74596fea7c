namespace SseServer.History;

/// <summary>Where the history is stored. Immutable.</summary>
internal sealed record HistoryOptions
{
    /// <summary>The file of the store; null, the default, keeps history in memory only.</summary>
    public string? Path { get; init; }
}
