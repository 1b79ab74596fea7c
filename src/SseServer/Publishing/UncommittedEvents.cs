using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// Events of topics with asynchronous durability that subscribers can see and that the store does not have yet. Memory does not drop their
/// segments before they are committed. Under the catalog's lock.
/// </summary>
internal sealed class UncommittedEvents
{
    // Beyond this publishers wait for the commit. A few thousand usual events, or one of the largest.
    private const int MaxBytes = 8 * 1024 * 1024;

    // Ten seconds of ids ahead of the clock: a commit now and then keeps ids within the lease, and a crash moves them ahead by no more.
    private const long LeaseIds = 10_000L << EventId.SequenceBits;

    // After a crash ids are ahead of the clock and rise by one per event until the clock has caught up. A million ids are enough then, and
    // repeated crashes move ids ahead by only a millisecond each.
    private const long LeaseIdsAhead = 1L << EventId.SequenceBits;

    private List<Entry> _events = [];
    private long _bytes;
    private EventId _lease;

    /// <param name="lease">Ids up to here may be shown before the next commit.</param>
    public UncommittedEvents(EventId lease) => _lease = lease;

    /// <summary>An event that was appended and is not in the store.</summary>
    /// <param name="Topic">Its topic.</param>
    /// <param name="Log">Its entry, which names its frame.</param>
    /// <param name="PublisherIdLength">The length of the publisher's id; 0 if it gave none.</param>
    /// <param name="Digest">From <see cref="ContentDigest"/>; 0 without a publisher's id.</param>
    internal readonly record struct Entry(Topic Topic, LogEntry Log, int PublisherIdLength, long Digest);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _events.Count == 0;

    /// <summary>The sequencer has assigned ids that it has yet to append: no other thread may assign any.</summary>
    public bool IsSequencing { get; set; }

    /// <summary>
    /// The end of the lease that a commit writes: ids that may be shown before the next one, so that a crash never has one assigned twice.
    /// If all topics wait for their commits, it is the commit's last id.
    /// </summary>
    public static EventId LeaseEnd(EventId last, DateTimeOffset now, bool hasAsyncTopics)
    {
        if (!hasAsyncTopics) return last;
        return new(Math.Max(EventId.FirstAt(now).Value + LeaseIds, last.Value + LeaseIdsAhead));
    }

    /// <summary>Whether a batch may be shown before its commit.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="next">The first id that it would get.</param>
    public bool HasRoomFor(PublishBatch batch, EventId next)
        => !IsSequencing && _bytes + batch.Bytes <= MaxBytes && next.Value + batch.Count <= _lease.Value;

    public void Add(in Entry entry)
    {
        _events.Add(entry);
        _bytes += entry.Log.Length;
    }

    /// <summary>Takes all events, in id order, after what is left of <paramref name="previous"/>.</summary>
    public List<Entry> Take(List<Entry> previous)
    {
        if (previous.Count == 0)
        {
            (_events, previous) = (previous, _events);
        }
        else
        {
            previous.AddRange(_events);
            _events.Clear();
        }

        return previous;
    }

    /// <summary>Records that events that were taken are in the store, and that ids up to <paramref name="lease"/> may be shown.</summary>
    public void Commit(List<Entry> committed, EventId lease)
    {
        _lease = lease;
        foreach (var entry in committed)
        {
            _bytes -= entry.Log.Length;
            entry.Topic.CommittedThrough = entry.Log.Id;
        }
    }
}
