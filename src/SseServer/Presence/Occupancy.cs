using SseServer.Catalog;
using SseServer.Protocol.Topics;

namespace SseServer.Presence;

/// <summary>A topic got its first subscriber, or has had none for long enough.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Subscribers">The number of its subscribers; 0 if it is vacated.</param>
internal readonly record struct OccupancyChange(byte[] Topic, int Subscribers)
{
    public bool IsOccupied => Subscribers > 0;
}

/// <summary>
/// Knows which topics are occupied, ignoring subscribers that only reconnect. A topic is occupied immediately, because whoever works for
/// its subscribers must start then. It is vacated only after it was empty for a while, because stopping too early means starting again. One
/// thread at a time.
/// </summary>
internal sealed class Occupancy(TimeSpan debounce)
{
    private readonly Dictionary<byte[], TopicState> _topics = new(Utf8Comparer.Instance);

    // Each topic at most once, however often it was emptied, by the time at which it was emptied when it was queued.
    private readonly PriorityQueue<TopicState, long> _empty = new();

    /// <summary>The number of topics that are occupied or were emptied recently.</summary>
    public int Count => _topics.Count;

    /// <summary>The number of topics that may be vacated by a later <see cref="Tick"/>.</summary>
    internal int Waiting => _empty.Count;

    /// <summary>Records a topic's number of subscribers.</summary>
    /// <param name="topic">The topic and its current number of subscribers.</param>
    /// <param name="now">The time in milliseconds of any clock.</param>
    /// <param name="changes">Receives the resulting changes.</param>
    public void Record(SubscriberChange topic, long now, List<OccupancyChange> changes)
    {
        if (!_topics.TryGetValue(topic.Topic, out var state))
        {
            if (topic.Subscribers == 0) return;
            _topics.Add(topic.Topic, new(topic.Topic));
            changes.Add(new(topic.Topic, topic.Subscribers));
        }
        else if (topic.Subscribers > 0)
        {
            state.EmptySince = null;
        }
        else if (state.EmptySince is null)
        {
            state.EmptySince = now;
            if (state.IsQueued) return;
            state.IsQueued = true;
            _empty.Enqueue(state, now);
        }
    }

    /// <summary>Vacates the topics that have been empty for long enough.</summary>
    public void Tick(long now, List<OccupancyChange> changes)
    {
        var due = now - (long)debounce.TotalMilliseconds;
        while (_empty.TryPeek(out var state, out var queuedAt) && queuedAt <= due)
        {
            _empty.Dequeue();
            if (state.EmptySince > due)
            {
                // It was occupied in the meantime and emptied again later.
                _empty.Enqueue(state, state.EmptySince.Value);
                continue;
            }

            state.IsQueued = false;
            if (state.EmptySince is null) continue;
            _topics.Remove(state.Topic);
            changes.Add(new(state.Topic, 0));
        }
    }

    private sealed class TopicState(byte[] topic)
    {
        public byte[] Topic { get; } = topic;

        public long? EmptySince { get; set; }

        public bool IsQueued { get; set; }
    }
}
