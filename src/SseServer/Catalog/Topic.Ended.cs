using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

// A finite topic's end: an entry of the log, after which nothing is appended until the end is forgotten.
internal sealed partial class Topic
{
    private long _endId;

    /// <summary>
    /// The entry that the topic ended with; the default while it has not ended. It is set after the hub's head: whoever finds it, and then all its cursors at the head, has got
    /// everything up to the end.
    /// </summary>
    public EventId EndId => new(Volatile.Read(ref _endId));

    /// <summary>The end is known to be an event, with which clients get its id. Read after <see cref="EndId"/>.</summary>
    public bool EndIsEvent { get; private set; }

    public bool HasEnded => EndId.Value != 0;

    /// <summary>The look at a batch that found the topic's end in it, so that the batch does not go on after it. Under the hub's lock.</summary>
    public long EndingStampUnderLock { get; set; }

    /// <summary>Where the hub's queue of ends without events has the topic; null where it does not. Under the hub's lock.</summary>
    public LinkedListNode<Topic>? MarkerUnderLock { get; set; }

    public void EndUnderLock(EventId id, bool isEvent)
    {
        EndIsEvent = isEvent;
        Volatile.Write(ref _endId, id.Value);
    }

    /// <summary>Forgets the end: the topic takes events again.</summary>
    public void ReopenUnderLock() => Volatile.Write(ref _endId, 0);
}
