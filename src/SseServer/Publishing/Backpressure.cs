using SseServer.Catalog;

namespace SseServer.Publishing;

/// <summary>
/// Makes publishers wait while live, unblocked subscribers of what they published are more than half the retention behind, or while history
/// is over its bound because such subscribers, of any topic, have not been handed what would be evicted. So a fast publisher neither causes
/// gaps in healthy subscribers' streams nor fills memory with events that they have yet to get. Any thread, without the lock.
/// </summary>
internal sealed class Backpressure(TopicCatalog catalog, IFanOut fanOut)
{
    /// <summary>Completes when the publisher of a batch may continue.</summary>
    public ValueTask WaitAsync(PublishBatch batch)
    {
        if (catalog.Retention.IsWaiting) return WaitSlowAsync(batch);
        foreach (var log in batch.Touched)
            if (fanOut.IsFarBehind(log)) return WaitSlowAsync(batch);
        return default;
    }

    /// <summary>Returns the status of a publish once its publisher may continue.</summary>
    public ValueTask<HubStatus> AnswerAsync(PublishBatch batch, HubStatus status)
    {
        var wait = WaitAsync(batch);
        return wait.IsCompletedSuccessfully ? new(status) : AfterAsync(wait, status);
    }

    private static async ValueTask<HubStatus> AfterAsync(ValueTask wait, HubStatus status)
    {
        await wait;
        return status;
    }

    private async ValueTask WaitSlowAsync(PublishBatch batch)
    {
        while (catalog.Retention.IsWaiting)
        {
            await fanOut.NextPassAsync();
            using (catalog.Lock.Enter()) catalog.Retention.EvictLargest(before: catalog.Ids.Head);
        }

        foreach (var log in batch.Touched) await fanOut.CatchUpAsync(log);
    }
}
