namespace SseServer.Publishing;

/// <summary>What was published so far. Written under the hub's lock.</summary>
internal struct PublishCounters
{
    /// <summary>Events appended.</summary>
    public long Events;

    /// <summary>Bytes of their frames.</summary>
    public long Bytes;

    /// <summary>Events whose id their topic had retained already.</summary>
    public long Repeats;

    /// <summary>Topics that ended.</summary>
    public long Ended;

    /// <summary>Topics that were deleted.</summary>
    public long Deleted;

}
