using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;

namespace SseServer.Publishing;

/// <summary>
/// Looks up publisher ids in the store, for subscribers that resume after one that is no longer in memory, and for events that may be
/// repeats. The store belongs to the sequencer's thread, so requests are queued for it.
/// </summary>
internal sealed class PublisherIdSearch(IEventStore store, Faults faults, ILogger logger)
{
    private readonly ConcurrentQueue<Request> _requests = new();
    private readonly List<StoredLocation> _found = [];

    private readonly record struct Request(byte[] PublisherId, TaskCompletionSource<IReadOnlyList<StoredLocation>> Found);

    /// <summary>Asks where the store has an id, lowest event id first; nowhere, if the store cannot be read. Any thread.</summary>
    public Task<IReadOnlyList<StoredLocation>> FindAsync(byte[] publisherId)
    {
        var request = new Request(publisherId, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _requests.Enqueue(request);
        return request.Found.Task;
    }

    /// <summary>Answers one request; false if there is none. On the sequencer's thread.</summary>
    public bool TryAnswer()
    {
        if (!_requests.TryDequeue(out var request)) return false;
        IReadOnlyList<StoredLocation> found = [];
        try
        {
            _found.Clear();
            store.FindPublisherId(request.PublisherId, _found);
            found = [.. _found];
        }
        catch (StoreException e)
        {
            // The id counts as unknown, so the subscriber gets a gap.
            StoreLog.ReadFailed(logger, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            faults.Report(e);
        }

        request.Found.SetResult(found);
        return true;
    }

    /// <summary>Answers requests that were queued after the sequencer stopped. Any thread.</summary>
    public void Refuse()
    {
        while (_requests.TryDequeue(out var request)) request.Found.SetResult([]);
    }

    /// <summary>Marks the events of a batch whose publisher ids the store has, though memory does not. On the sequencer's thread.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public void MarkRepeats(PublishBatch batch)
    {
        foreach (ref var item in batch.Items)
        {
            if (!item.MayBeStored) continue;
            _found.Clear();
            store.FindPublisherId(batch.PublisherIdOf(item), _found);
            foreach (var place in _found)
            {
                // Events at or below the topic's mark count as deleted.
                if (!place.Topic.AsSpan().SequenceEqual(item.Topic!.Name) || place.Id <= item.Topic.Marks.StoreStart.Value) continue;
                PublisherIdRule.Mark(batch, ref item, new(place.Id), place.Digest);
            }
        }
    }
}
