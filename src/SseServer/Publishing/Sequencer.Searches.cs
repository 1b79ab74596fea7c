using System.Collections.Concurrent;
using SseServer.Catalog;
using SseServer.History;

namespace SseServer.Publishing;

// Publishers' ids that are no longer in memory: of events that are published again, and of readers that resume after one.
internal sealed partial class Sequencer
{
    private readonly ConcurrentQueue<Search> _searches = new();
    private readonly List<StoredLocation> _places = [];

    private readonly record struct Search(byte[] PublisherId, TaskCompletionSource<IReadOnlyList<StoredLocation>> Found);

    /// <summary>Where a publisher's id stands in the store, lowest id first; nowhere, if the store cannot be read.</summary>
    public Task<IReadOnlyList<StoredLocation>> FindAsync(byte[] publisherId)
    {
        var search = new Search(publisherId, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _searches.Enqueue(search);
        _wake.Set();
        if (Volatile.Read(ref _stopped)) RefuseSearches();
        return search.Found.Task;
    }

    private bool AnswerSearches()
    {
        if (!_searches.TryDequeue(out var search)) return false;
        IReadOnlyList<StoredLocation> found = [];
        try
        {
            _places.Clear();
            _store.FindPublisherId(search.PublisherId, _places);
            found = [.. _places];
        }
        catch (StoreException e)
        {
            // The reader hears that the id is unknown: a gap, not silence.
            StoreLog.ReadFailed(_logger, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _hub.OnFault(e);
        }

        search.Found.SetResult(found);
        return true;
    }

    private void RefuseSearches()
    {
        while (_searches.TryDequeue(out var search)) search.Found.SetResult([]);
    }

    /// <summary>Finds which of a batch's events the store has already, though memory has not.</summary>
    private HubStatus SeekRepeats(PublishBatch batch)
    {
        foreach (ref var item in batch.Items)
        {
            if (!item.IsSought) continue;
            _places.Clear();
            try
            {
                _store.FindPublisherId(batch.PublisherIdOf(item), _places);
            }
            catch (StoreException e)
            {
                return OnFailure(e);
            }

            foreach (var place in _places)
            {
                // What is below its topic's retention is as good as deleted.
                if (!place.Topic.AsSpan().SequenceEqual(item.Topic!.Name) || place.Id <= item.Topic.TrimmedThroughUnderLock.Value) continue;
                (item.Id, item.IsRepeat) = (new(place.Id), true);
            }
        }

        return HubStatus.Ok;
    }
}
