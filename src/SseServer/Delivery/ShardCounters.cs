namespace SseServer.Delivery;

/// <summary>
/// What one shard has done. Plain fields, written by the thread that runs the shard and read by any: a delivery costs two additions. Each
/// number is as it was at some moment.
/// </summary>
internal sealed class ShardCounters
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

    /// <summary>Adds what another shard has done.</summary>
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
