using System.Collections.Concurrent;
using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// Deletes topics with a store: first there, then in memory, so that what was answered stays deleted after a crash. Requests are queued for
/// the sequencer's thread, to which the store belongs.
/// </summary>
internal sealed class TopicDeletions(
    TopicCatalog catalog, IFanOut fanOut, LogAppender appender, UncommittedEvents uncommitted, IOwnedStore store, StoreHealth health,
    GroupCommit commit, Faults faults)
{
    // The store waits for its readers each time; they read a page at a time.
    private const int EraseTries = 3;

    private readonly ConcurrentQueue<Request> _requests = new();
    private readonly List<PublishBatch> _none = [];

    private readonly record struct Request(byte[] Topic, TaskCompletionSource<(HubStatus, EventId)> Done);

    /// <summary>Queues a deletion. Any thread.</summary>
    public Task<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic)
    {
        var request = new Request(topic, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _requests.Enqueue(request);
        return request.Done.Task;
    }

    /// <summary>Makes one deletion; false if none waits. On the sequencer's thread.</summary>
    public bool TryDelete()
    {
        if (!_requests.TryDequeue(out var request)) return false;
        (HubStatus Status, EventId Id) result = (HubStatus.StoreUnavailable, default);
        try
        {
            result = Delete(request.Topic);
        }
        catch (StoreException e)
        {
            result = (health.Fail(e), default);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            faults.Report(e);
        }

        request.Done.SetResult(result);
        return true;
    }

    /// <summary>Answers what was asked after the sequencer's end. Any thread.</summary>
    public void Refuse()
    {
        while (_requests.TryDequeue(out var request)) request.Done.SetResult((HubStatus.StoreUnavailable, default));
    }

    private (HubStatus Status, EventId Id) Delete(byte[] name)
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
