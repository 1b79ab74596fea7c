using SseServer.Catalog;

namespace SseServer.Hub;

// What operators see of topics and patterns.
internal sealed partial class EventHub
{
    private static readonly Comparer<byte[]> LastNameFirst = Comparer<byte[]>.Create(static (a, b) => b.AsSpan().SequenceCompareTo(a));

    /// <summary>
    /// Topics in the order of their names' bytes. All topics are looked at, some under each hold of the lock; one that comes or goes meanwhile may be there or not, all others are, once.
    /// </summary>
    /// <param name="prefix">What names begin with; empty for all.</param>
    /// <param name="after">Only names behind this one; empty for all.</param>
    /// <param name="count">How many at most.</param>
    public List<TopicState> ListTopics(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int count)
    {
        var first = new PriorityQueue<TopicState, byte[]>(LastNameFirst);
        for (var position = int.MaxValue; position > 0;) position = ListTopicsFrom(position, prefix, after, count, first);
        var topics = new List<TopicState>(first.Count);
        while (first.TryDequeue(out var topic, out _)) topics.Add(topic);
        topics.Reverse();
        return topics;
    }

    /// <summary>The patterns that are read, or kept for their readers' return, with the number of streams that name each; in no order.</summary>
    public List<(byte[] Pattern, int Subscribers)> ListPatterns()
    {
        lock (_gate) return _patterns.All.Select(index => (index.Name, index.HoldersUnderLock)).ToList();
    }

    // From the last to the first, as the sweep does: a removal moves a topic that was looked at already into the hole.
    private int ListTopicsFrom(int position, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int count, PriorityQueue<TopicState, byte[]> first)
    {
        lock (_gate)
        {
            position = Math.Min(position, _topicList.Count);
            var end = Math.Max(0, position - SweepTopics);
            while (--position >= end)
            {
                var topic = _topicList[position];
                if (!topic.Name.AsSpan().StartsWith(prefix) || topic.Name.AsSpan().SequenceCompareTo(after) <= 0) continue;
                if (first.Count < count) first.Enqueue(topic.StateUnderLock, topic.Name);
                else if (topic.Name.AsSpan().SequenceCompareTo(first.Peek().Name) < 0) first.DequeueEnqueue(topic.StateUnderLock, topic.Name);
            }

            return end;
        }
    }
}
