using SseServer.Protocol.Topics;

namespace SseServer.History.Sqlite;

/// <summary>A selection in the store's own numbers: topics selected by name, and the patterns that select others.</summary>
internal sealed class SelectedTopics(TopicNames names)
{
    private IReadOnlyList<TopicPattern> _patterns = [];

    /// <summary>Topics selected by name.</summary>
    public HashSet<long> Named { get; } = [];

    public bool HasPatterns => _patterns.Count > 0;

    public void Reset(IReadOnlyList<TopicPattern> patterns)
    {
        Named.Clear();
        _patterns = patterns;
    }

    public bool Contains(long topicId) => Named.Contains(topicId) || (HasPatterns && Matches(names.Find(topicId)));

    public bool Matches(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _patterns.Count; i++)
            if (_patterns[i].Matches(name)) return true;
        return false;
    }
}
