using SseServer.Catalog;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// Publishing as a whole: batches of events get ids and enter the logs. Without a store <see cref="MemoryPublisher"/> appends them
/// at once; with one <see cref="DurablePublisher"/> commits them first.
/// <para>
/// Top down: <see cref="PublishBatch"/> (the encoded events), the two publishers, <see cref="LogAppender"/> (the only way into the logs),
/// <see cref="EndRule"/> (nothing follows a topic's end), <see cref="Backpressure"/> (publishers wait for subscribers). With a store also
/// <see cref="Sequencer"/> (the one thread that writes to the store), <see cref="GroupCommit"/> (one commit),
/// <see cref="UncommittedEvents"/>, <see cref="PublisherIdSearch"/>, <see cref="StoreTrimmer"/> (retention in the store).
/// </para>
/// <para>
/// Publishers call from any thread; appending is done under the catalog's lock. Knows Catalog, Log and History; of Delivery it knows only
/// <see cref="IFanOut"/>.
/// </para>
/// </summary>
internal interface IPublisher : IDisposable
{
    /// <summary>Appends to the logs and counts what was published. Under the lock.</summary>
    LogAppender Appender { get; }

    /// <summary>
    /// Assigns each event of a batch its id and appends it, all or none; see <see cref="PublishBatch.AppendedCount"/> for the one
    /// exception. An event whose publisher id the topic still retains is not appended again, and gets the first one's id;
    /// if its content differs, the batch is refused (<see cref="PublisherIdRule"/>). Then waits until
    /// live subscribers are less than half the retention behind: that is waiting for our own CPU, so that a fast publisher does not turn
    /// healthy subscribers' streams into gaps. Blocked and replaying subscribers do not count.
    /// </summary>
    ValueTask<HubStatus> PublishAsync(PublishBatch batch);

    /// <summary>
    /// Deletes a topic with its history, in memory and in the store. Its streams end, and their clients are told that this was all; a topic
    /// of the same name that is published to later is a new one.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <returns>The deletion's own id; with <see cref="HubStatus.NoSuchTopic"/> if there is nothing to delete.</returns>
    ValueTask<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic);
}
