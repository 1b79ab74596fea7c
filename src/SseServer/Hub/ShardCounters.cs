namespace SseServer.Hub;

/// <summary>What one shard has done. Plain fields, written by whoever runs the shard and read by anyone: a delivery costs two additions.</summary>
internal struct ShardCounters
{
    /// <summary>Streams that joined.</summary>
    public long Opened;

    /// <summary>Streams that ended with their end written.</summary>
    public long Completed;

    /// <summary>Streams whose connection was lost.</summary>
    public long Broken;

    /// <summary>Streams that were ended to move their clients to other nodes.</summary>
    public long Shed;

    /// <summary>Streams whose connection was cut because the frame that they did not take kept dropped history in memory.</summary>
    public long Cut;

    /// <summary>Events handed to connections.</summary>
    public long Deliveries;

    /// <summary>Bytes of those events.</summary>
    public long DeliveredBytes;

    /// <summary>Events that a stream was not sent because a newer one of their key stood in the log.</summary>
    public long Superseded;

    /// <summary>Gaps told to readers.</summary>
    public long Gaps;

    /// <summary>Streams that had a write pending at the last sweep.</summary>
    public long Slow;

    public static ShardCounters operator +(in ShardCounters a, in ShardCounters b) => new()
    {
        Opened = a.Opened + b.Opened,
        Completed = a.Completed + b.Completed,
        Broken = a.Broken + b.Broken,
        Shed = a.Shed + b.Shed,
        Cut = a.Cut + b.Cut,
        Deliveries = a.Deliveries + b.Deliveries,
        DeliveredBytes = a.DeliveredBytes + b.DeliveredBytes,
        Superseded = a.Superseded + b.Superseded,
        Gaps = a.Gaps + b.Gaps,
        Slow = a.Slow + b.Slow,
    };
}
