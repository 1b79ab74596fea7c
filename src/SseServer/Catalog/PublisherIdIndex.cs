using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// Finds events by their publishers' ids: to make a repeated publish idempotent, and to resume after such an id. Not thread-safe: the
/// catalog's index is used under its lock and holds exactly the ids of events in memory.
/// </summary>
internal sealed class PublisherIdIndex
{
    private readonly Dictionary<byte[], IdLocation> _locations = new(Utf8Comparer.Instance);

    public int Count { get; private set; }

    /// <summary>The events with an id, in no order; null if there is none.</summary>
    public IdLocation? Find(ReadOnlySpan<byte> publisherId)
        => _locations.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(publisherId, out var location) ? location : null;

    /// <summary>
    /// A topic's newest event with an id; null if there is none. There is an older one only while a deleted topic's events are dropped.
    /// </summary>
    public IdLocation? Find(EventLog topic, ReadOnlySpan<byte> publisherId)
    {
        var location = Find(publisherId);
        while (location is not null && location.Topic != topic) location = location.Next;
        return location;
    }

    /// <summary>Adds an event's id, with a digest of the event's content.</summary>
    public void Add(EventLog topic, ReadOnlySpan<byte> publisherId, EventId id, long digest)
    {
        var lookup = _locations.GetAlternateLookup<ReadOnlySpan<byte>>();
        lookup[publisherId] = new IdLocation(topic, id, digest, Find(publisherId));
        Count++;
    }

    /// <summary>Forgets the ids of a segment that is about to be dropped; returns how many there were.</summary>
    public int Forget(EventLog topic, LogSegment segment)
    {
        var before = Count;
        var entries = segment.Entries.AsSpan(0, segment.Count);
        foreach (ref readonly var entry in entries)
        {
            if (!entry.HasPublisherId) continue;
            if (EventFrame.TryGetPublisherId(segment.Bytes.AsSpan(entry.Offset, entry.Length), entry.PrefixLength, out var id))
                Remove(topic, id, entry.Id);
        }

        return before - Count;
    }

    private void Remove(EventLog topic, ReadOnlySpan<byte> publisherId, EventId id)
    {
        var lookup = _locations.GetAlternateLookup<ReadOnlySpan<byte>>();
        IdLocation? previous = null;
        for (var location = Find(publisherId); location is not null; previous = location, location = location.Next)
        {
            if (location.Topic != topic || location.Id != id) continue;
            if (previous is not null) previous.Next = location.Next;
            else if (location.Next is not null) lookup[publisherId] = location.Next;
            else lookup.Remove(publisherId);
            Count--;
            return;
        }
    }

    /// <summary>An event with the id; other topics may have events with the same id.</summary>
    public sealed class IdLocation(EventLog topic, EventId id, long digest, IdLocation? next)
    {
        public EventLog Topic { get; } = topic;

        public EventId Id { get; } = id;

        /// <summary>The digest of the event's content.</summary>
        public long Digest { get; } = digest;

        public IdLocation? Next { get; set; } = next;
    }
}
