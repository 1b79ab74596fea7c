using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>Lists topics for operators. Visits all topics, some under each hold of the lock.</summary>
internal static class TopicListing
{
    // Topics visited under one hold of the lock.
    private const int StepTopics = 256;

    private static readonly Comparer<byte[]> LastNameFirst = Comparer<byte[]>.Create(static (a, b) => b.AsSpan().SequenceCompareTo(a));

    /// <summary>
    /// Topics in the order of their names' bytes. A topic that is created or removed meanwhile may be listed or not; all others are, once.
    /// </summary>
    /// <param name="catalog">Whose topics.</param>
    /// <param name="prefix">What names begin with; empty for all.</param>
    /// <param name="after">Only names after this one; empty for all.</param>
    /// <param name="count">How many at most.</param>
    public static List<TopicState> List(TopicCatalog catalog, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int count)
    {
        var first = new PriorityQueue<TopicState, byte[]>(LastNameFirst);
        for (var position = int.MaxValue; position > 0;) position = ListFrom(catalog, position, prefix, after, count, first);
        var topics = new List<TopicState>(first.Count);
        while (first.TryDequeue(out var topic, out _)) topics.Add(topic);
        topics.Reverse();
        return topics;
    }

    /// <summary>
    /// The names of the topics that begin with a prefix. Visits all topics under one hold of the lock, so it is for the start only.
    /// </summary>
    public static List<byte[]> NamesBelow(TopicCatalog catalog, ReadOnlySpan<byte> prefix)
    {
        using (catalog.Lock.EnterInBackground()) return catalog.Topics.NamesBelow(prefix);
    }

    /// <summary>
    /// The patterns with subscribers, or retained for their return, with the number of streams that name each; in no order.
    /// </summary>
    public static List<(byte[] Pattern, int Subscribers)> Patterns(TopicCatalog catalog)
    {
        using (catalog.Lock.EnterInBackground())
            return catalog.Patterns.All.Select(pattern => (pattern.Name, pattern.Subscribers)).ToList();
    }

    // From the last to the first: a removal moves a topic that was visited already into the hole.
    private static int ListFrom(
        TopicCatalog catalog, int position, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int count,
        PriorityQueue<TopicState, byte[]> first)
    {
        using (catalog.Lock.EnterInBackground())
        {
            position = Math.Min(position, catalog.Topics.Count);
            var end = Math.Max(0, position - StepTopics);
            while (--position >= end)
            {
                var topic = catalog.Topics.At(position)!;
                if (!topic.Name.AsSpan().StartsWith(prefix) || topic.Name.AsSpan().SequenceCompareTo(after) <= 0) continue;
                if (first.Count < count) first.Enqueue(topic.State, topic.Name);
                else if (topic.Name.AsSpan().SequenceCompareTo(first.Peek().Name) < 0) first.DequeueEnqueue(topic.State, topic.Name);
            }

            return end;
        }
    }
}

/// <summary>A topic's state at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Subscribers">Streams that name it, without those of patterns that match it.</param>
/// <param name="Events">Events in memory.</param>
/// <param name="Bytes">Bytes of their frames.</param>
/// <param name="Last">The newest event that memory or the store got; null if there was none.</param>
internal readonly record struct TopicState(byte[] Name, int Subscribers, int Events, long Bytes, EventId? Last);
