using System.Diagnostics;
using SseServer.Catalog;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using EventLog = SseServer.Log.EventLog;

namespace SseServer.Hub;

// Publishing: ids and appends under the lock, wake-ups after it.
internal sealed partial class EventHub
{
    // About a third of a millisecond under the lock, where no pattern matches.
    private const int MaxSliceEvents = 1024;

    // Events that are looked at and appended under one hold even where all their topics are to be made.
    private const int MaxEventsAtOnce = HoldWork.Budget / HoldWork.TopicMade / 2;

    private long _publishStamp;

    /// <summary>
    /// Publishes a batch and waits until healthy readers can follow. A long batch goes in slices with that wait between them, so that it neither holds the lock for
    /// long nor pushes its own beginning out of the history before it was read; its topics are found or made before its first event is appended.
    /// </summary>
    public ValueTask<HubStatus> PublishAsync(PublishBatch batch)
    {
        if (_sequencer is not null) return PublishStoredAsync(batch);
        if (SliceEnd(batch, 0) < batch.Count) return PublishSlicesAsync(batch);
        var status = Publish(batch);
        var wait = WaitForReadersAsync(batch);
        return wait.IsCompletedSuccessfully ? new(status) : AfterAsync(wait, status);
    }

    /// <summary>
    /// Gives each event of the batch its id and appends it, all or (where topics are exhausted, or one has ended) none. An event whose publisher's id the
    /// topic still retains is not appended again; it gets the first one's id. Never waits for a reader. For a hub without a store.
    /// </summary>
    /// <remarks>
    /// What is more work than one hold of the lock allows is appended under several: others may publish in between, and where a topic
    /// ends there, what was appended
    /// before stays (<see cref="PublishBatch.AppendedCount"/>).
    /// </remarks>
    public HubStatus Publish(PublishBatch batch)
    {
        Debug.Assert(_sequencer is null, "With a store a publish may have to wait for its commit.");
        if (batch.Count > MaxEventsAtOnce && Check(batch) is not HubStatus.Ok and var refusal) return refusal;
        return PublishRange(batch, 0, batch.Count);
    }

    /// <summary>
    /// Waits while live, unblocked readers of what the batch touched are more than half the retention behind, or while history is over the
    /// hub's bound because such readers, of whatever topic, have not been handed what would be evicted: that is waiting for our own CPU. A
    /// fast publisher does not turn healthy readers' streams into gaps, nor does it fill memory with what they are owed. Blocked and
    /// replaying readers do not count.
    /// </summary>
    public ValueTask WaitForReadersAsync(PublishBatch batch)
    {
        if (Volatile.Read(ref _evictionWaits)) return WaitSlowAsync(batch);
        foreach (var log in batch.Touched)
            foreach (var group in log.Groups)
                if (group is { IsFarBehind: true }) return WaitSlowAsync(batch);
        return default;
    }

    private static async ValueTask<HubStatus> AfterAsync(ValueTask wait, HubStatus status)
    {
        await wait;
        return status;
    }

    private async ValueTask<HubStatus> PublishSlicesAsync(PublishBatch batch)
    {
        var status = Check(batch);
        if (status != HubStatus.Ok) return status;
        for (int start = 0, end; start < batch.Count; start = end)
        {
            end = SliceEnd(batch, start);
            batch.Touched.Clear();
            // A topic may have ended since: what was appended before stays.
            status = PublishRange(batch, start, end);
            if (status != HubStatus.Ok) return status;
            await WaitForReadersAsync(batch);
        }

        return HubStatus.Ok;
    }

    // A quarter of what a topic retains: with what readers may be behind already, all of it is still there when they come to it.
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
    /// Finds or makes the topics of a whole batch and looks whether it may be appended, under as many holds of the lock as that takes.
    /// </summary>
    private HubStatus Check(PublishBatch batch)
    {
        var stamp = 0L;
        for (int start = 0, end; start < batch.Count; start = end)
        {
            using (_turns.Enter())
            {
                _work.Begin();
                if (stamp == 0) stamp = ++_publishStamp;
                end = Math.Min(batch.Count, start + Math.Min(MaxSliceEvents, HoldWork.Budget / HoldWork.TopicMade));
                var status = CheckUnderLock(batch, start, end, stamp);
                if (status != HubStatus.Ok) return status;
            }
        }

        return HubStatus.Ok;
    }

    private HubStatus CheckUnderLock(PublishBatch batch, int start, int end, long stamp)
    {
        if (!TryFindTopicsUnderLock(batch, batch.Items[start..end])) return HubStatus.TooManyTopics;
        return MayAppendUnderLock(batch, start, end, stamp) ? HubStatus.Ok : HubStatus.TopicEnded;
    }

    private bool TryFindTopicsUnderLock(PublishBatch batch, Span<PublishBatch.Item> items)
    {
        foreach (ref var item in items)
        {
            item.Topic = FindOrCreateTopicUnderLock(batch.TopicOf(item), MaxTopicsFor(batch));
            if (item.Topic is null) return false;
            item.Topic.LastUsedUnderLock = Milliseconds;
            item.Topic.IsReadersOnlyUnderLock = false;
        }

        return true;
    }

    /// <summary>Appends some events of a batch, under as many holds of the lock as their patterns take.</summary>
    private HubStatus PublishRange(PublishBatch batch, int start, int end)
    {
        while (start < end)
        {
            using (_turns.Enter())
            {
                _work.Begin();
                var until = Math.Min(end, start + MaxSliceEvents);
                var status = CheckUnderLock(batch, start, until, ++_publishStamp);
                if (status != HubStatus.Ok) return status;
                start += AppendUnderLock(batch, batch.Items[start..until]);
            }

            if (start < batch.Count) batch.AppendedCount = start;
            Notify(batch);
        }

        return HubStatus.Ok;
    }

    /// <summary>Appends events until the hold's work is done; returns how many, at least one.</summary>
    private int AppendUnderLock(PublishBatch batch, Span<PublishBatch.Item> items)
    {
        var now = Time.GetUtcNow().ToUnixTimeMilliseconds();
        var last = new EventId(_head);
        WatchClockUnderLock(last, now);
        batch.Stamp = ++_publishStamp;
        var count = 0;
        while (count < items.Length && (count == 0 || !_work.IsSpent))
        {
            ref var item = ref items[count++];
            if (TryFindRepeatUnderLock(batch, item, out var first))
            {
                (item.Id, item.IsRepeat) = (first, true);
                _counters.Repeats++;
                continue;
            }

            item.Id = last = EventId.Next(last, now);
            AppendUnderLock(batch, item, now);
        }

        Volatile.Write(ref _head, last.Value);
        if (!batch.HasEnds) return count;
        foreach (ref readonly var item in items[..count])
            if (item is { IsFinal: true, IsRepeat: false }) EndUnderLock(item);
        return count;
    }

    private async ValueTask WaitSlowAsync(PublishBatch batch)
    {
        while (Volatile.Read(ref _evictionWaits))
        {
            foreach (var shard in _shards) await shard.NextPass();
            using (_turns.Enter())
            {
                _work.Begin();
                EvictLargestUnderLock(before: new(_head));
            }
        }

        foreach (var log in batch.Touched)
            foreach (var group in log.Groups)
                while (group is { IsFarBehind: true }) await group.Shard.NextPass();
    }

    private void AppendUnderLock(PublishBatch batch, in PublishBatch.Item item, long now)
    {
        var topic = item.Topic!;
        MatchUnderLock(topic);
        _work.Add(1 + topic.PatternCountUnderLock);
        var before = topic.FootprintUnderLock;
        var entry = topic.AppendUnderLock(batch, item);
        if (item.PublisherIdLength > 0) _publisherIds.AddUnderLock(topic, batch.PublisherIdOf(item), item.Id);
        if (item.Id > CommittedThrough) AddUnsavedUnderLock(new(topic, entry, item.PublisherIdLength));
        TouchUnderLock(batch, topic);
        foreach (var pattern in topic.PatternsUnderLock)
        {
            pattern.AppendUnderLock(entry);
            TouchUnderLock(batch, pattern);
        }

        if (entry.Key is not null) topic.SupersedeUnderLock(entry);
        CountChangeUnderLock(topic, before);
        _counters.Events++;
        _counters.Bytes += entry.Length;
        TrimUnderLock(topic, now);
        if (_history.Cost > _maxHistoryBytes) EvictLargestUnderLock(before: item.Id);
    }

    private static void TouchUnderLock(PublishBatch batch, EventLog log)
    {
        if (log.PublishStampUnderLock == batch.Stamp) return;
        log.PublishStampUnderLock = batch.Stamp;
        batch.Touched.Add(log);
    }

    private void Notify(PublishBatch batch)
    {
        if (Pinned.IsOverBound) Pinned.CutLongest();
        // The head stands before the shards' flags are looked at: without a fence a reader that joins just now could be missed by both sides.
        Interlocked.MemoryBarrier();
        Span<int> due = stackalloc int[_shards.Length];
        due.Clear();
        var total = MarkDirty(batch, due);
        for (var i = 0; i < due.Length; i++)
            if (due[i] > 0) _shards[i].ServeOrWake(total);
    }

    /// <summary>Marks what the batch touched dirty; counts the readers that were not yet to be served, by shard and in all.</summary>
    private int MarkDirty(PublishBatch batch, Span<int> due)
    {
        var total = 0;
        foreach (var log in batch.Touched)
        {
            var groups = log.Groups;
            for (var i = 0; i < groups.Length; i++)
            {
                if (Volatile.Read(ref groups[i]) is not { Count: var readers and > 0 } group || !_shards[i].Inbox.MarkDirty(group)) continue;
                due[i] += readers;
                total += readers;
            }
        }

        return total;
    }
}
