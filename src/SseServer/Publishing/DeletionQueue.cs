using System.Collections.Concurrent;
using SseServer.Catalog;
using SseServer.History;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Publishing;

/// <summary>Topics that are to be deleted, for the thread to which the store belongs.</summary>
/// <param name="delete">Deletes one; the result is the publisher's.</param>
/// <param name="fail">The status that a failure of the store is.</param>
/// <param name="faults">Takes our own bugs.</param>
internal sealed class DeletionQueue(
    Func<byte[], (HubStatus Status, EventId Id)> delete, Func<StoreException, HubStatus> fail, Faults faults)
{
    private readonly ConcurrentQueue<Request> _requests = new();

    private readonly record struct Request(byte[] Topic, TaskCompletionSource<(HubStatus, EventId)> Done);

    /// <summary>Queues a deletion. Any thread.</summary>
    public Task<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic)
    {
        var request = new Request(topic, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _requests.Enqueue(request);
        return request.Done.Task;
    }

    /// <summary>Makes one deletion; false if none waits. On the store's thread.</summary>
    public bool TryDelete()
    {
        if (!_requests.TryDequeue(out var request)) return false;
        (HubStatus Status, EventId Id) result = (HubStatus.StoreUnavailable, default);
        try
        {
            result = delete(request.Topic);
        }
        catch (StoreException e)
        {
            result = (fail(e), default);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            faults.Report(e);
        }

        request.Done.SetResult(result);
        return true;
    }

    /// <summary>Answers what was asked after that thread's end. Any thread.</summary>
    public void Refuse()
    {
        while (_requests.TryDequeue(out var request)) request.Done.SetResult((HubStatus.StoreUnavailable, default));
    }
}
