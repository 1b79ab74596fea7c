using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// Where publishers' own ids stand: one index for the hub, used to make a repeated publish idempotent and to resume after such
/// an id. It holds exactly the ids of retained events. Under the hub's lock.
/// </summary>
internal sealed class PublisherIdIndex
{
    private readonly Dictionary<byte[], Place> _places = new(Utf8Comparer.Instance);

    /// <summary>One topic's event with an id; the same id may stand in other topics.</summary>
    public sealed class Place(Topic topic, EventId id, Place? next)
    {
        public Topic Topic { get; } = topic;

        public EventId Id { get; } = id;

        public Place? Next { get; set; } = next;
    }

    public int Count { get; private set; }

    /// <summary>All places of an id, in no order; null where it is not retained.</summary>
    public Place? FindUnderLock(ReadOnlySpan<byte> publisherId)
        => _places.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(publisherId, out var place) ? place : null;

    public bool TryFindUnderLock(Topic topic, ReadOnlySpan<byte> publisherId, out EventId id)
    {
        for (var place = FindUnderLock(publisherId); place is not null; place = place.Next)
        {
            if (place.Topic != topic) continue;
            id = place.Id;
            return true;
        }

        id = default;
        return false;
    }

    public void AddUnderLock(Topic topic, ReadOnlySpan<byte> publisherId, EventId id)
    {
        var lookup = _places.GetAlternateLookup<ReadOnlySpan<byte>>();
        lookup[publisherId] = new Place(topic, id, FindUnderLock(publisherId));
        Count++;
    }

    /// <summary>Forgets the ids of a segment that is about to be dropped; returns how many there were.</summary>
    public int ForgetUnderLock(Topic topic, LogSegment segment)
    {
        var before = Count;
        var entries = segment.Entries.AsSpan(0, segment.Count);
        foreach (ref readonly var entry in entries)
        {
            if (!entry.HasPublisherId) continue;
            if (EventFrame.TryGetPublisherId(segment.Bytes.AsSpan(entry.Offset, entry.Length), entry.PrefixLength, out var id))
                RemoveUnderLock(topic, id);
        }

        return before - Count;
    }

    private void RemoveUnderLock(Topic topic, ReadOnlySpan<byte> publisherId)
    {
        var lookup = _places.GetAlternateLookup<ReadOnlySpan<byte>>();
        Place? previous = null;
        for (var place = FindUnderLock(publisherId); place is not null; previous = place, place = place.Next)
        {
            if (place.Topic != topic) continue;
            if (previous is not null) previous.Next = place.Next;
            else if (place.Next is not null) lookup[publisherId] = place.Next;
            else lookup.Remove(publisherId);
            Count--;
            return;
        }
    }
}
