namespace SseServer.Hub;

/// <summary>
/// A key of a topic and the newest event that has it. Entries of the key name this object, so that an event is superseded the moment a newer one stands in the log:
/// nothing is marked in the log itself. Written under the hub's lock, read without one.
/// </summary>
internal sealed class EventKey(byte[] text)
{
    private long _latest;

    /// <summary>The key in UTF-8.</summary>
    public byte[] Text { get; } = text;

    /// <summary>The id of the newest event of this key.</summary>
    public EventId Latest => new(Volatile.Read(ref _latest));

    /// <summary>Takes note of a newer event, after it was appended: whoever passes the older one over finds it.</summary>
    public void SupersedeUnderLock(EventId id) => Volatile.Write(ref _latest, id.Value);
}
