using SseServer.Log;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// What the store is deleting at present. A page that is read meanwhile may or may not have events whose eviction is recorded already, so
/// replays check here which evictions are settled. Under the lock.
/// </summary>
internal sealed class StoreRemovals
{
    // Removed topics that are compared with a pattern for one page; with more, the pattern is taken to match one of them.
    private const int MaxCompared = 64;

    // One, or more if deleting fails.
    private readonly List<Topic> _trimmed = [];
    private readonly HashSet<Topic> _removed = [];

    /// <summary>The store is about to delete events of a topic.</summary>
    public void BeginTrim(Topic topic)
    {
        if (!_trimmed.Contains(topic)) _trimmed.Add(topic);
    }

    /// <summary>The store has deleted them.</summary>
    public void EndTrim(Topic topic) => _trimmed.Remove(topic);

    /// <summary>The store is about to delete all that it has of a removed topic.</summary>
    public void BeginRemoval(Topic topic) => _removed.Add(topic);

    /// <summary>The store has deleted it, or retains it for a topic of the same name.</summary>
    public void EndRemoval(Topic topic) => _removed.Remove(topic);

    /// <summary>Whether the store may be deleting events of a log.</summary>
    public bool Concerns(EventLog log)
    {
        foreach (var topic in _trimmed)
            if (topic == log || (log is PatternLog pattern && pattern.Pattern.Matches(topic.Name))) return true;
        if (log is not PatternLog { Pattern: var matcher } || _removed.Count == 0) return false;
        return _removed.Count > MaxCompared || MatchesRemoved(matcher);
    }

    private bool MatchesRemoved(TopicPattern pattern)
    {
        foreach (var topic in _removed)
            if (pattern.Matches(topic.Name)) return true;
        return false;
    }
}
