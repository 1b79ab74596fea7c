namespace SseServer.History;

/// <summary>Where history is kept.</summary>
internal sealed record HistoryOptions
{
    /// <summary>The store's file; null keeps history in memory only.</summary>
    public string? Path { get; init; }
}
