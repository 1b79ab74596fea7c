namespace SseServer.History;

/// <summary>An event of a page: a whole frame, as a log holds it.</summary>
internal struct StoredEntry
{
    public long Id;

    /// <summary>The store's number for the topic; it means something to that store only.</summary>
    public long Topic;

    /// <summary>Where the frame begins in the page.</summary>
    public int Offset;

    public int Length;

    /// <summary>The length of the frame's chunk prefix.</summary>
    public byte PrefixLength;

    /// <summary>The topic ends with this event.</summary>
    public bool IsFinal;

    /// <summary>The event's key, where the page has keys; null where it has none.</summary>
    public byte[]? Key;
}
