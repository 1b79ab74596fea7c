using SseServer.Catalog;
using SseServer.Protocol.Topics;

namespace SseServer.Presence;

/// <summary>
/// Which topics are read, told apart from readers that only come back: a topic is occupied at once, because whoever begins to work for its readers must begin
/// then, and vacated once it was empty for a while, because whoever stops too early has to begin again. One thread at a time.
/// </summary>
internal sealed class Occupancy(TimeSpan debounce)
{
    private readonly Dictionary<byte[], TopicState> _topics = new(Utf8Comparer.Instance);

    // Each place once, however often it was left: by the time at which it was left when it was put here.
    private readonly PriorityQueue<TopicState, long> _empty = new();

    /// <summary>Topics that are read, or were a short while ago.</summary>
    public int Count => _topics.Count;

    /// <summary>Topics of which it is to be found out whether they stay empty.</summary>
    internal int Waiting => _empty.Count;

    /// <summary>Takes a topic's number of readers.</summary>
    /// <param name="topic">The topic and its readers at present.</param>
    /// <param name="now">The time in milliseconds of any clock.</param>
    /// <param name="changes">Takes what it comes to.</param>
    public void Note(TopicReaders topic, long now, List<OccupancyChange> changes)
    {
        if (!_topics.TryGetValue(topic.Topic, out var place))
        {
            if (topic.Readers == 0) return;
            _topics.Add(topic.Topic, new(topic.Topic));
            changes.Add(new(topic.Topic, topic.Readers));
        }
        else if (topic.Readers > 0)
        {
            place.EmptySince = null;
        }
        else if (place.EmptySince is null)
        {
            place.EmptySince = now;
            if (place.IsQueued) return;
            place.IsQueued = true;
            _empty.Enqueue(place, now);
        }
    }

    /// <summary>Finds the topics that have been empty for long enough.</summary>
    public void Tick(long now, List<OccupancyChange> changes)
    {
        var due = now - (long)debounce.TotalMilliseconds;
        while (_empty.TryPeek(out var place, out var queued) && queued <= due)
        {
            _empty.Dequeue();
            if (place.EmptySince > due)
            {
                // Read again meanwhile, and left again later.
                _empty.Enqueue(place, place.EmptySince.Value);
                continue;
            }

            place.IsQueued = false;
            if (place.EmptySince is null) continue;
            _topics.Remove(place.Topic);
            changes.Add(new(place.Topic, 0));
        }
    }

    private sealed class TopicState(byte[] topic)
    {
        public byte[] Topic { get; } = topic;

        public long? EmptySince { get; set; }

        public bool IsQueued { get; set; }
    }
}
