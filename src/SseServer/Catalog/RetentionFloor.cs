using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// What is left of topics that went away: through which id their events are gone. Kept in coarse buckets by the name's hash,
/// so it is bounded; a collision can make a reader hear of a gap that was another topic's, never miss one. Under the hub's lock.
/// </summary>
internal sealed class RetentionFloor
{
    private const int Buckets = 4096;

    private readonly EventId[] _through = new EventId[Buckets];

    /// <param name="start">The id before the first that this hub gives: what came before it, nobody here knows.</param>
    public RetentionFloor(EventId start)
    {
        Array.Fill(_through, start);
        Highest = start;
    }

    /// <summary>The floor of a pattern, which cannot know which removed topics it would have matched.</summary>
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
