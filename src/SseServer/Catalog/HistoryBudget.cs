namespace SseServer.Catalog;

/// <summary>
/// How much memory the history of all topics takes, and which topics take most of it. Every change to a topic's history is made within
/// <see cref="Track"/>, which adds the difference. Under the lock, unless it says "any thread".
/// </summary>
internal sealed class HistoryBudget(EndedTopics ended, long maxBytes)
{
    private long _maxBytes = maxBytes;

    /// <summary>The sums over all topics.</summary>
    public TopicFootprint Total { get; private set; }

    /// <summary>Topics by the memory that their history takes.</summary>
    public TopicsBySize BySize { get; } = new();

    /// <summary>
    /// The bound on <see cref="TopicFootprint.Cost"/> over all topics; lower than configured while memory is short. Read by any thread.
    /// </summary>
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

/// <summary>What a topic's history adds to the sums over all topics.</summary>
/// <param name="Cost">Bytes of memory that it takes.</param>
/// <param name="Events">Events in memory.</param>
/// <param name="CompactedEvents">Those of them that are retained only because they are the newest of their keys.</param>
/// <param name="CompactedBytes">Bytes of the frames of the compacted events.</param>
internal readonly record struct TopicFootprint(long Cost, long Events, long CompactedEvents, long CompactedBytes)
{
    public static TopicFootprint operator +(in TopicFootprint a, in TopicFootprint b)
        => new(a.Cost + b.Cost, a.Events + b.Events, a.CompactedEvents + b.CompactedEvents, a.CompactedBytes + b.CompactedBytes);

    public static TopicFootprint operator -(in TopicFootprint a, in TopicFootprint b)
        => new(a.Cost - b.Cost, a.Events - b.Events, a.CompactedEvents - b.CompactedEvents, a.CompactedBytes - b.CompactedBytes);
}
