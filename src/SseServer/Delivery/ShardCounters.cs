namespace SseServer.Delivery;

/// <summary>
/// What one shard has done. Plain fields, written by the thread that runs the shard and read by any thread without a barrier, so a delivery
/// costs two additions and a reader may see slightly old numbers.
/// </summary>
internal sealed class ShardCounters
{
    /// <summary>Streams that joined.</summary>
    public long Opened;

    /// <summary>Streams whose end was written.</summary>
    public long Completed;

    /// <summary>Streams whose connection was lost.</summary>
    public long Broken;

    /// <summary>Streams that were ended to move their clients to other nodes.</summary>
    public long Shed;

    /// <summary>Streams whose connection was cut because its pending write pinned dropped history.</summary>
    public long Cut;

    /// <summary>Events handed to connections.</summary>
    public long Deliveries;

    /// <summary>Bytes of those events.</summary>
    public long DeliveredBytes;

    /// <summary>Events that a stream was not sent because a newer one of their key existed.</summary>
    public long Superseded;

    /// <summary>Gaps announced.</summary>
    public long Gaps;

    /// <summary>Streams that had a write pending at the last sweep.</summary>
    public long Slow;

    /// <summary>Adds the counters of another shard.</summary>
    public void Add(ShardCounters other)
    {
        Opened += other.Opened;
        Completed += other.Completed;
        Broken += other.Broken;
        Shed += other.Shed;
        Cut += other.Cut;
        Deliveries += other.Deliveries;
        DeliveredBytes += other.DeliveredBytes;
        Superseded += other.Superseded;
        Gaps += other.Gaps;
        Slow += other.Slow;
    }
}
