using SseServer.Log;

namespace SseServer.Catalog;

/// <summary>
/// What the history of all topics takes, and which topics take most of it. Whatever changes a topic's history does so within
/// <see cref="Track"/>, which adds the difference. Under the lock, unless it says "any thread".
/// </summary>
internal sealed class HistoryBudget(EndedTopics ended, long maxBytes)
{
    private long _maxBytes = maxBytes;

    /// <summary>The sums over all topics.</summary>
    public TopicFootprint Total { get; private set; }

    /// <summary>Topics by the memory that their history takes.</summary>
    public TopicsBySize BySize { get; } = new();

    /// <summary>The bound on <see cref="TopicFootprint.Cost"/> of all topics; lower than configured while memory is short. Read by any thread.</summary>
    public long MaxBytes
    {
        get => Volatile.Read(ref _maxBytes);
        set => Volatile.Write(ref _maxBytes, value);
    }

    /// <summary>Whether history takes more than its bound.</summary>
    public bool IsExceeded => Total.Cost > _maxBytes;

    /// <summary>Begins a change to a topic's history; dispose the result to end it.</summary>
    public Change Track(Topic topic) => new(this, topic);

    private void Add(Topic topic, in TopicFootprint difference)
    {
        Total += difference;
        BySize.Update(topic);
        if (topic is { IsClosed: true, IsEmpty: true }) ended.Add(topic);
        else if (!topic.IsClosed) ended.Remove(topic);
    }

    /// <summary>A change to a topic's history.</summary>
    internal readonly ref struct Change(HistoryBudget budget, Topic topic)
    {
        private readonly TopicFootprint _before = topic.Footprint;

        public void Dispose() => budget.Add(topic, topic.Footprint - _before);
    }
}
