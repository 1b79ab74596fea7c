namespace SseServer.Hub;

// Publishing: ids and appends under the lock, wake-ups after it.
internal sealed partial class EventHub
{
    private long _publishStamp;

    /// <summary>
    /// Gives each event of the batch its id and appends it, all or (where topics are exhausted) none. An event whose publisher's id the
    /// topic still retains is not appended again; it gets the first one's id. Never waits for a reader.
    /// </summary>
    public HubStatus Publish(PublishBatch batch)
    {
        lock (_gate)
        {
            foreach (ref var item in batch.Items)
            {
                item.Topic = FindOrCreateTopicUnderLock(batch.TopicOf(item));
                if (item.Topic is null) return HubStatus.TooManyTopics;
            }

            var now = Time.GetUtcNow().ToUnixTimeMilliseconds();
            var last = new EventId(_head);
            _publishStamp++;
            foreach (ref var item in batch.Items)
            {
                item.Topic!.LastUsedUnderLock = Milliseconds;
                if (item.PublisherIdLength > 0 && _publisherIds.TryFindUnderLock(item.Topic, batch.PublisherIdOf(item), out var first))
                {
                    (item.Id, item.IsRepeat) = (first, true);
                    continue;
                }

                item.Id = last = EventId.Next(last, now);
                AppendUnderLock(batch, item, now);
            }

            Volatile.Write(ref _head, last.Value);
        }

        // The head stands before the shards' flags are looked at: without a fence a reader that joins just now could be missed by both sides.
        Interlocked.MemoryBarrier();
        Notify(batch);
        return HubStatus.Ok;
    }

    /// <summary>
    /// Waits while live, unblocked readers of what the batch touched are more than half the retention behind: that is waiting for our
    /// own CPU, so that a fast publisher does not turn healthy readers' streams into gaps. Blocked and replaying readers do not count.
    /// </summary>
    public static ValueTask WaitForReadersAsync(PublishBatch batch)
    {
        foreach (var log in batch.Touched)
            foreach (var group in log.Groups)
                if (group is { IsFarBehind: true }) return WaitSlowAsync(batch);
        return default;
    }

    private static async ValueTask WaitSlowAsync(PublishBatch batch)
    {
        foreach (var log in batch.Touched)
            foreach (var group in log.Groups)
                while (group is { IsFarBehind: true }) await group.Shard.NextPass();
    }

    private void AppendUnderLock(PublishBatch batch, in PublishBatch.Item item, long now)
    {
        var topic = item.Topic!;
        var costBefore = topic.CostUnderLock;
        var entry = topic.AppendUnderLock(item.Id, batch.BlockOf(item), item.PublisherIdLength > 0);
        if (item.PublisherIdLength > 0) _publisherIds.AddUnderLock(topic, batch.PublisherIdOf(item), item.Id);
        TouchUnderLock(batch, topic);
        foreach (var pattern in topic.PatternsUnderLock)
        {
            pattern.AppendUnderLock(entry);
            TouchUnderLock(batch, pattern);
        }

        while (topic.IsOverRetentionUnderLock(now)) topic.DropOldestUnderLock(_publisherIds);
        _historyBytes += topic.CostUnderLock - costBefore;
        if (_historyBytes + Volatile.Read(ref _pinnedBytes) > Options.MaxHistoryBytes) EvictLargestUnderLock();
    }

    private void TouchUnderLock(PublishBatch batch, EventLog log)
    {
        if (log.PublishStampUnderLock == _publishStamp) return;
        log.PublishStampUnderLock = _publishStamp;
        batch.Touched.Add(log);
    }

    private void Notify(PublishBatch batch)
    {
        Span<int> due = stackalloc int[_shards.Length];
        due.Clear();
        var total = 0;
        foreach (var log in batch.Touched)
        {
            var groups = log.Groups;
            for (var i = 0; i < groups.Length; i++)
            {
                if (Volatile.Read(ref groups[i]) is not { Count: var readers and > 0 } group || !_shards[i].MarkDirty(group)) continue;
                due[i] += readers;
                total += readers;
            }
        }

        for (var i = 0; i < due.Length; i++)
            if (due[i] > 0) _shards[i].ServeOrWake(total);
    }
}
