using SseServer.Catalog;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// The rule that a publisher's id names one content in its topic: an event with an id that the topic has is a repeat if its content is the
/// same (<see cref="ContentDigest"/>), and refuses its batch otherwise.
/// </summary>
internal static class PublisherIdRule
{
    /// <summary>
    /// Marks the events that repeat an earlier event of the same batch; false if the contents differ, and then
    /// <see cref="PublishBatch.RefusedIndex"/> names the later event. Without a lock.
    /// </summary>
    public static bool AllowsWithin(PublishBatch batch)
    {
        if (!batch.HasPublisherIds || batch.Count == 1) return true;
        var items = batch.Items;
        var first = new HashSet<int>(new SameId(batch));
        for (var i = 0; i < items.Length; i++)
        {
            ref var item = ref items[i];
            if (item.PublisherIdLength == 0 || first.Add(i)) continue;
            first.TryGetValue(i, out var original);
            if (batch.DigestOf(items[original]) != batch.DigestOf(item))
            {
                batch.RefusedIndex = i;
                return false;
            }

            item.MarkRepeatOf(original);
        }

        return true;
    }

    /// <summary>
    /// Looks up the publisher ids of a range of events and marks the repeats; false if the content of one differs, which
    /// <see cref="PublishBatch.RefusedIndex"/> then names. Under the lock of the index.
    /// </summary>
    /// <param name="batch">With its topics found.</param>
    /// <param name="start">The first event to look up.</param>
    /// <param name="end">The first event not to look up.</param>
    /// <param name="known">The publisher ids of the events in memory.</param>
    public static bool Allows(PublishBatch batch, int start, int end, PublisherIdIndex known)
    {
        if (!batch.HasPublisherIds) return true;
        foreach (ref var item in batch.Items[start..end]) Find(batch, ref item, known);
        return Allows(batch, start, end);
    }

    /// <summary>
    /// Whether no event of a range was found with other content; if one was, <see cref="PublishBatch.RefusedIndex"/> names it.
    /// </summary>
    public static bool Allows(PublishBatch batch, int start, int end)
    {
        var items = batch.Items;
        for (var i = start; i < end; i++)
        {
            if (!items[i].IsConflict) continue;
            batch.RefusedIndex = i;
            return false;
        }

        return true;
    }

    /// <summary>Looks up an event's publisher id, if it has one; true if the index has it.</summary>
    public static bool Find(PublishBatch batch, ref PublishBatch.Item item, PublisherIdIndex known)
    {
        if (item.PublisherIdLength == 0 || item.RepeatsInBatch) return false;
        if (known.Find(item.Topic!, batch.PublisherIdOf(item)) is not { } location) return false;
        // Of a deleted topic, memory has what it has not dropped yet.
        if (location.Id <= item.Topic!.DeletedThrough) return false;
        Mark(batch, ref item, location.Id, location.Digest);
        return true;
    }

    /// <summary>Marks an event as a repeat, or as one with other content.</summary>
    /// <param name="batch">The event's batch.</param>
    /// <param name="item">The event.</param>
    /// <param name="id">The id of the event that the topic has.</param>
    /// <param name="digest">Its digest.</param>
    public static void Mark(PublishBatch batch, ref PublishBatch.Item item, EventId id, long digest)
    {
        item.Id = id;
        item.IsRepeat = ContentDigest.Fit(digest, batch.DigestOf(item));
        item.IsConflict = !item.IsRepeat;
    }

    // Compares events, given by their indexes, by topic and publisher id.
    private sealed class SameId(PublishBatch batch) : IEqualityComparer<int>
    {
        public bool Equals(int x, int y)
        {
            ref readonly var first = ref batch.Items[x];
            ref readonly var second = ref batch.Items[y];
            return batch.PublisherIdOf(first).SequenceEqual(batch.PublisherIdOf(second))
                && batch.TopicOf(first).SequenceEqual(batch.TopicOf(second));
        }

        public int GetHashCode(int index)
        {
            ref readonly var item = ref batch.Items[index];
            var hash = new HashCode();
            hash.AddBytes(batch.PublisherIdOf(item));
            hash.AddBytes(batch.TopicOf(item));
            return hash.ToHashCode();
        }
    }
}
