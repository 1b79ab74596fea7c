using SseServer.Log;

namespace SseServer.Catalog;

/// <summary>What is kept of the topics that a selector names, and what their publishers are promised.</summary>
/// <param name="Topics">A topic or a pattern.</param>
/// <param name="Retention">How much is kept of each.</param>
/// <param name="Durability">When their publishers are answered.</param>
internal sealed record TopicRule(Selector Topics, TopicRetention Retention, Durability Durability)
{
    public bool Matches(ReadOnlySpan<byte> topic) => Topics.Matches(topic);
}
