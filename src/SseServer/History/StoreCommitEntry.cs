namespace SseServer.History;

/// <summary>An event of a <see cref="StoreCommit"/>.</summary>
internal struct StoreCommitEntry
{
    public long Id;

    /// <summary>The index of its topic.</summary>
    public int Topic;

    /// <summary>The index of the topic's next entry; -1 for its last.</summary>
    public int Next;

    /// <summary>Where the frame begins in the commit.</summary>
    public int Offset;

    public int Length;

    /// <summary>The length of the publisher's id; 0 where there is none.</summary>
    public ushort PublisherIdLength;

    /// <summary>The length of the frame's chunk prefix.</summary>
    public byte PrefixLength;

    /// <summary>The topic ends with this event.</summary>
    public bool IsFinal;

    /// <summary>A later entry of this commit is of the same topic and key. Not said of all that are: it spares a store some writes.</summary>
    public bool IsSuperseded;

    /// <summary>The length of the event's key, which stands behind the frame; 0 where it has none.</summary>
    public ushort KeyLength;
}
