namespace SseServer.Log;

/// <summary>What a topic's history adds to the hub's sums.</summary>
/// <param name="Cost">Bytes of memory that it stands for.</param>
/// <param name="Events">Events in memory.</param>
/// <param name="CompactedEvents">Those of them that are kept only because they are the newest of their keys.</param>
/// <param name="CompactedBytes">Bytes of the frames of those.</param>
internal readonly record struct TopicFootprint(long Cost, long Events, long CompactedEvents, long CompactedBytes)
{
    public static TopicFootprint operator +(in TopicFootprint a, in TopicFootprint b)
        => new(a.Cost + b.Cost, a.Events + b.Events, a.CompactedEvents + b.CompactedEvents, a.CompactedBytes + b.CompactedBytes);

    public static TopicFootprint operator -(in TopicFootprint a, in TopicFootprint b)
        => new(a.Cost - b.Cost, a.Events - b.Events, a.CompactedEvents - b.CompactedEvents, a.CompactedBytes - b.CompactedBytes);
}
