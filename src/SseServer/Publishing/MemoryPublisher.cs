using SseServer.Catalog;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// Publishes to history in memory: ids and appends under the lock, wake-ups after it. A long batch is appended in slices with a wait for
/// subscribers between them, so that it neither holds the lock for long nor evicts its own beginning before subscribers have got it; its
/// topics are found or created before its first event is appended.
/// </summary>
internal sealed class MemoryPublisher(TopicCatalog catalog, IFanOut fanOut) : IPublisher
{
    // About a third of a millisecond under the lock, if no pattern matches.
    private const int MaxSliceEvents = 1024;

    // Events that are checked and appended under one hold even if all their topics are to be created.
    private const int MaxEventsAtOnce = HoldWork.Budget / HoldWork.TopicCreated / 2;

    private readonly int _leastEvents = catalog.Options.Retentions.Min(retention => retention.MaxEvents);
    private readonly long _leastBytes = catalog.Options.Retentions.Min(retention => retention.MaxBytes);

    public LogAppender Appender { get; } = new(catalog, uncommitted: null);

    /// <summary>What publishers wait for.</summary>
    internal Backpressure Backpressure { get; } = new(catalog, fanOut);

    public ValueTask<HubStatus> PublishAsync(PublishBatch batch)
        => SliceEnd(batch, 0) < batch.Count ? PublishSlicesAsync(batch) : Backpressure.AnswerAsync(batch, Publish(batch));

    /// <summary>Publishes a batch without waiting for a subscriber.</summary>
    /// <remarks>
    /// A batch with more work than one hold of the lock allows is appended under several. Others may publish in between; if one of them
    /// ends a topic or takes a publisher id, the events appended before stay (<see cref="PublishBatch.AppendedCount"/>).
    /// </remarks>
    public HubStatus Publish(PublishBatch batch)
    {
        if (!PublisherIdRule.AllowsWithin(batch)) return HubStatus.IdConflict;
        if (batch.Count > MaxEventsAtOnce && Check(batch) is not HubStatus.Ok and var refusal) return refusal;
        return PublishRange(batch, 0, batch.Count);
    }

    public ValueTask<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic)
    {
        Topic? deleted;
        EventId id, last;
        using (catalog.Lock.Enter())
        {
            deleted = Appender.FindDeletable(topic);
            if (deleted is null) return new((HubStatus.NoSuchTopic, default));
            id = Appender.NextId();
            last = Appender.ApplyDeletion(deleted, id);
        }

        fanOut.Notify([deleted], mayServe: true);
        DropDeleted(catalog, deleted, last);
        return new((HubStatus.Ok, id));
    }

    /// <summary>Drops a deleted topic's events from memory, some under each hold of the lock.</summary>
    internal static void DropDeleted(TopicCatalog catalog, Topic topic, EventId through)
    {
        while (true)
        {
            using (catalog.Lock.EnterInBackground())
                if (catalog.Retention.DropDeleted(topic, through)) return;
            catalog.Lock.GiveWay();
        }
    }

    public void Dispose()
    {
    }

    private async ValueTask<HubStatus> PublishSlicesAsync(PublishBatch batch)
    {
        if (!PublisherIdRule.AllowsWithin(batch)) return HubStatus.IdConflict;
        var status = Check(batch);
        if (status != HubStatus.Ok) return status;
        for (int start = 0, end; start < batch.Count; start = end)
        {
            end = SliceEnd(batch, start);
            batch.Touched.Clear();
            // A topic may have ended since, or got a publisher id of the batch; the events appended before stay.
            status = PublishRange(batch, start, end);
            if (status != HubStatus.Ok) return status;
            await Backpressure.WaitAsync(batch);
        }

        return HubStatus.Ok;
    }

    // A quarter of what a topic retains: with the half that subscribers may be behind already, all of it is retained until they get it.
    private int SliceEnd(PublishBatch batch, int start)
    {
        var (maxEvents, maxBytes, bytes) = (MaxSliceEvents, long.MaxValue, 0L);
        var items = batch.Items;
        var end = start;
        do
        {
            // Before the topics are found, the smallest bounds that any may have.
            var retention = items[end].Topic?.Retention;
            maxEvents = Math.Min(maxEvents, Math.Max(1, (retention?.MaxEvents ?? _leastEvents) / 4));
            maxBytes = Math.Min(maxBytes, (retention?.MaxBytes ?? _leastBytes) / 4);
            bytes += items[end].BlockLength;
        }
        while (++end < items.Length && end - start < maxEvents && bytes < maxBytes);
        return end;
    }

    /// <summary>
    /// Finds or creates the topics of a whole batch and checks whether it may be appended, under as many holds of the lock as that takes.
    /// </summary>
    private HubStatus Check(PublishBatch batch)
    {
        batch.Ends.Clear();
        for (int start = 0, end; start < batch.Count; start = end)
        {
            end = Math.Min(batch.Count, start + Math.Min(MaxSliceEvents, HoldWork.Budget / HoldWork.TopicCreated));
            using (catalog.Lock.Enter())
                if (CheckUnderLock(batch, start, end) is not HubStatus.Ok and var refusal) return refusal;
        }

        return HubStatus.Ok;
    }

    private HubStatus CheckUnderLock(PublishBatch batch, int start, int end)
    {
        if (!Appender.TryFindTopics(batch, batch.Items[start..end])) return HubStatus.TooManyTopics;
        if (!PublisherIdRule.Allows(batch, start, end, catalog.PublisherIds)) return HubStatus.IdConflict;
        return batch.Ends.Allows(batch, start, end) ? HubStatus.Ok : HubStatus.TopicEnded;
    }

    /// <summary>Appends some events of a batch, under as many holds of the lock as their patterns take.</summary>
    private HubStatus PublishRange(PublishBatch batch, int start, int end)
    {
        while (start < end)
        {
            using (catalog.Lock.Enter())
            {
                var until = Math.Min(end, start + MaxSliceEvents);
                batch.Ends.Clear();
                var status = CheckUnderLock(batch, start, until);
                if (status != HubStatus.Ok) return status;
                start += Appender.AppendNew(batch, batch.Items[start..until]);
            }

            if (start < batch.Count) batch.AppendedCount = start;
            fanOut.Notify(batch.Touched, mayServe: true);
        }

        return HubStatus.Ok;
    }
}
