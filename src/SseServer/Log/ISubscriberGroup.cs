using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// The subscribers that one shard serves from a log, as the log sees them: how far they have come bounds what may be evicted. Implemented
/// by Delivery. Any thread.
/// </summary>
internal interface ISubscriberGroup
{
    /// <summary>
    /// Every event of the log up to this id was handed to each subscriber that is neither blocked nor catching up; the highest id there is
    /// if there is no subscriber.
    /// </summary>
    EventId HandedThrough { get; }
}
