using SseServer.Protocol.Topics;

namespace SseServer.History;

/// <summary>What a reader selects: topics by name, and those that a pattern covers. An event matched by several comes once.</summary>
internal sealed record StoredSelection(IReadOnlyList<byte[]> Topics, IReadOnlyList<TopicPattern> Patterns)
{
    /// <summary>Only the newest event of each key, and the ends of topics.</summary>
    public bool LatestOnly { get; init; }
}
