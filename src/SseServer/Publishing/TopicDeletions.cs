using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// Deletes topics with a store: first there, then in memory, so that what was answered stays deleted after a crash. On the sequencer's
/// thread.
/// </summary>
internal sealed class TopicDeletions(
    TopicCatalog catalog, IFanOut fanOut, LogAppender appender, UncommittedEvents uncommitted, IOwnedStore store, GroupCommit commit)
{
    // The store waits for its readers each time; they read a page at a time.
    private const int EraseTries = 3;

    private readonly List<PublishBatch> _none = [];

    /// <summary>Deletes a topic; the result is the publisher's.</summary>
    /// <exception cref="StoreException">Nothing was deleted.</exception>
    public (HubStatus Status, EventId Id) Delete(byte[] name)
    {
        Topic? topic;
        EventId id;
        do
        {
            // What was shown before the deletion is committed before it, so that the store has the same order.
            commit.Run(_none, isLast: false);
            if (!commit.IsComplete) return (HubStatus.StoreUnavailable, default);
        }
        while (!TryBegin(name, out topic, out id));
        if (topic is null) return (HubStatus.NoSuchTopic, default);
        EventId last;
        bool isErased;
        try
        {
            var after = new EventId(id.Value + 1);
            var lease = UncommittedEvents.LeaseEnd(after, catalog.Clock.Now, catalog.Options.HasAsyncTopics);
            isErased = store.DeleteTopic(name, id.Value, lease.Value);
            using (catalog.Lock.Enter())
            {
                catalog.Ids.Commit(after);
                last = appender.ApplyDeletion(topic, id);
            }
        }
        finally
        {
            using (catalog.Lock.Enter()) uncommitted.IsSequencing = false;
        }

        fanOut.Notify([topic], mayServe: false);
        MemoryPublisher.DropDeleted(catalog, topic, last);
        for (var tries = EraseTries; !isErased && tries > 0; tries--) isErased = store.TryEraseLog();
        return (isErased ? HubStatus.Ok : HubStatus.StoreUnavailable, id);
    }

    /// <summary>
    /// Finds the topic and the deletion's id, and has nobody else assign ids; false if events were shown since the last commit.
    /// </summary>
    private bool TryBegin(byte[] name, out Topic? topic, out EventId id)
    {
        using (catalog.Lock.Enter())
        {
            topic = appender.FindDeletable(name);
            id = default;
            if (topic is null) return true;
            if (!uncommitted.IsEmpty) return false;
            uncommitted.IsSequencing = true;
            id = appender.NextId();
            return true;
        }
    }
}
