namespace SseServer.History.Sqlite;

/// <summary>
/// The names and numbers of topics, for a reader. A number is never reused for another topic, so what was looked up stays valid.
/// </summary>
internal sealed class TopicNames
{
    // Some megabytes at most.
    private const int MaxKept = 50_000;

    private readonly Dictionary<long, byte[]> _names = [];
    private readonly SqliteStatement _findName;
    private readonly SqliteStatement _findTopic;
    private readonly SelectedTopics _selected;

    public TopicNames(SqliteDatabase database)
    {
        _findName = database.Prepare("SELECT name FROM topics WHERE topic_id = ?1");
        _findTopic = database.Prepare("SELECT topic_id FROM topics WHERE name = ?1");
        _selected = new SelectedTopics(this);
    }

    /// <summary>The topics of a selection that are stored; valid until the next call.</summary>
    public SelectedTopics Select(StoredSelection selection)
    {
        _selected.Reset(selection.Patterns);
        foreach (var name in selection.Topics)
        {
            if (_findTopic.Bind(1, name).TakeNumber() is var topicId and > 0) _selected.Named.Add(topicId);
        }

        return _selected;
    }

    /// <summary>The name of a topic that has a block; empty if its row is missing, which only damage can cause.</summary>
    public byte[] Find(long topicId)
    {
        if (_names.TryGetValue(topicId, out var name)) return name;
        if (_names.Count == MaxKept) _names.Clear();
        _findName.Bind(1, topicId);
        if (!_findName.Step()) return [];
        name = _findName.Blob(0).ToArray();
        _findName.Reset();
        return _names[topicId] = name;
    }
}
