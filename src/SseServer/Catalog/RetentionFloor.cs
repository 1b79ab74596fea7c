using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// For removed topics: the id up to which their events were evicted. Held in a fixed number of buckets by the name's hash. A collision can
/// announce another topic's gap to a subscriber, but never hides one. Under the catalog's lock.
/// </summary>
internal sealed class RetentionFloor
{
    private const int Buckets = 4096;

    private readonly EventId[] _through = new EventId[Buckets];

    /// <param name="start">The id before the oldest event that may be known here.</param>
    public RetentionFloor(EventId start)
    {
        Array.Fill(_through, start);
        Highest = start;
    }

    /// <summary>The highest floor of all: a pattern's, since the removed topics that it would have matched are unknown.</summary>
    public EventId Highest { get; private set; }

    public EventId Of(ReadOnlySpan<byte> topic) => _through[Bucket(topic)];

    public void Raise(ReadOnlySpan<byte> topic, EventId through)
    {
        ref var floor = ref _through[Bucket(topic)];
        if (through > floor) floor = through;
        if (through > Highest) Highest = through;
    }

    private static int Bucket(ReadOnlySpan<byte> topic) => Utf8Comparer.Instance.GetHashCode(topic) & (Buckets - 1);
}
