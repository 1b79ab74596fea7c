namespace SseServer.Catalog;

/// <summary>
/// Topics that have ended or were deleted and have no events in memory, in the order in which their last events left it. They only exist so
/// that subscribers learn of the end, so they give way when the table of topics is full. Under the lock.
/// </summary>
internal sealed class EndedTopics
{
    private readonly LinkedList<Topic> _topics = [];

    public int Count => _topics.Count;

    /// <summary>The one that has been here longest; there is one.</summary>
    public Topic First => _topics.First!.Value;

    /// <summary>Adds a topic that is closed and empty; one that is here already, or was removed, is left alone.</summary>
    public void Add(Topic topic)
    {
        if (topic is { EndNode: null, IsRemoved: false }) topic.EndNode = _topics.AddLast(topic);
    }

    public void Remove(Topic topic)
    {
        if (topic.EndNode is not { } node) return;
        _topics.Remove(node);
        topic.EndNode = null;
    }
}
