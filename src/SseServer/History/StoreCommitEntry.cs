namespace SseServer.History;

/// <summary>An event of a <see cref="StoreCommit"/>.</summary>
internal struct StoreCommitEntry
{
    public long Id;

    /// <summary>The digest of the content of an event with a publisher's id; 0 if it is not known.</summary>
    public long Digest;

    /// <summary>The index of its topic.</summary>
    public int Topic;

    /// <summary>The index of the topic's next entry; -1 for its last.</summary>
    public int Next;

    /// <summary>Where the frame begins in the commit.</summary>
    public int Offset;

    /// <summary>The length of the frame.</summary>
    public int Length;

    /// <summary>The length of the publisher's id; 0 if there is none.</summary>
    public ushort PublisherIdLength;

    /// <summary>The length of the frame's chunk prefix.</summary>
    public byte PrefixLength;

    /// <summary>The topic ends with this event.</summary>
    public bool IsFinal;

    /// <summary>
    /// A later entry of this commit has the same topic and key. Not set for all such entries: it only saves a store some writes.
    /// </summary>
    public bool IsSuperseded;

    /// <summary>The length of the event's key, which follows the frame; 0 if there is none.</summary>
    public ushort KeyLength;
}

/// <summary>A topic of a <see cref="StoreCommit"/>: the ends of its chain of entries.</summary>
internal struct StoreCommitTopic
{
    public byte[] Name;

    public int First;

    public int Last;
}
