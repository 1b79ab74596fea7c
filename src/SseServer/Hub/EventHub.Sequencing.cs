using System.Runtime.CompilerServices;
using SseServer.Catalog;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;

namespace SseServer.Hub;

// Publishing with a store: at once where the durability allows it, else through the sequencer, and what the hub does for that one.
internal sealed partial class EventHub
{
    // Shown events that are not committed yet; beyond it publishers wait for the commit with them. A few thousand usual ones, and one of the largest.
    private const int MaxUnsavedBytes = 8 * 1024 * 1024;

    private readonly Sequencer? _sequencer;
    private readonly bool _hasAsyncTopics;
    private List<UnsavedEvent> _unsaved = [];
    private long _unsavedBytes;
    private long _lease;
    private bool _isSequencing;

    private ValueTask<HubStatus> PublishStoredAsync(PublishBatch batch)
    {
        if (!_hasAsyncTopics || !TryPublishAtOnce(batch, out var status)) return AfterCommitAsync(_sequencer!.EnqueueAsync(batch), batch);
        var wait = WaitForReadersAsync(batch);
        return wait.IsCompletedSuccessfully ? new(status) : AfterAsync(wait, status);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HubStatus> AfterCommitAsync(ValueTask<HubStatus> commit, PublishBatch batch)
    {
        var status = await commit;
        if (status == HubStatus.Ok) await WaitForReadersAsync(batch);
        return status;
    }

    /// <summary>Appends a batch whose topics are all fast, to be committed soon; false where it must go through the sequencer.</summary>
    private bool TryPublishAtOnce(PublishBatch batch, out HubStatus status)
    {
        status = HubStatus.Ok;
        bool isFirst;
        using (_turns.Enter())
        {
            _work.Begin();
            // What is more than one hold's work queues too, since it must stand in the logs as a whole.
            if (batch.Count > Math.Max(1, HoldWork.Budget / (HoldWork.TopicMade + _patterns.Count))) return false;
            // Ids that the sequencer has given stand before the next one: it appends first. And it refuses what would be written to a
            // file that is gone.
            if (_isSequencing || _sequencer!.State == Publishing.HistoryState.Missing) return false;
            if (_unsavedBytes + batch.Bytes > MaxUnsavedBytes) return false;
            if (!TryFindTopicsUnderLock(batch, batch.Items))
            {
                status = HubStatus.TooManyTopics;
                return true;
            }

            if (!MayPublishAtOnceUnderLock(batch)) return false;
            if (!MayAppendUnderLock(batch, 0, batch.Count, ++_publishStamp))
            {
                status = HubStatus.TopicEnded;
                return true;
            }

            isFirst = _unsaved.Count == 0;
            AppendUnderLock(batch, batch.Items);
        }

        Notify(batch);
        if (isFirst) _sequencer!.SaveSoon();
        return true;
    }

    private bool MayPublishAtOnceUnderLock(PublishBatch batch)
    {
        // No id is shown that a crash could have given twice.
        if (EventId.Next(new(_head), Time.GetUtcNow().ToUnixTimeMilliseconds()).Value + batch.Count > _lease) return false;
        foreach (ref readonly var item in batch.Items)
        {
            if (item.Topic!.Durability != Durability.Async) return false;
            if (item.PublisherIdLength > 0 && item.Topic.HasDroppedEventsUnderLock
                && !_publisherIds.TryFindUnderLock(item.Topic, batch.PublisherIdOf(item), out _)) return false;
        }

        return true;
    }

    private void AddUnsavedUnderLock(in UnsavedEvent unsaved)
    {
        _unsaved.Add(unsaved);
        _unsavedBytes += unsaved.Entry.Length;
    }

    /// <summary>
    /// Hands over what is shown and not yet committed, in id order, after what is left of <paramref name="previous"/>. Where events are to be given ids,
    /// nobody else appends until <see cref="EndSequence"/>.
    /// </summary>
    internal List<UnsavedEvent> BeginSequence(List<UnsavedEvent> previous, bool givesIds)
    {
        using (_turns.Enter())
        {
            _isSequencing = givesIds;
            if (previous.Count == 0) (_unsaved, previous) = (previous, _unsaved);
            else
            {
                previous.AddRange(_unsaved);
                _unsaved.Clear();
            }

            return previous;
        }
    }

    /// <summary>
    /// Finds or makes a batch's topics and holds them, and finds which of its events memory knows already; false where there would be too many topics.
    /// </summary>
    internal bool TryHold(PublishBatch batch)
    {
        var isRefused = false;
        for (var next = 0; next < batch.Count && !isRefused;)
        {
            using (_turns.Enter())
            {
                _work.Begin();
                for (var end = Math.Min(batch.Count, next + MaxSliceEvents); next < end && !_work.IsSpent; next++)
                {
                    ref var item = ref batch.Items[next];
                    item.Topic = FindOrCreateTopicUnderLock(batch.TopicOf(item), MaxTopicsFor(batch));
                    isRefused = item.Topic is null;
                    if (isRefused) break;
                    item.Topic!.IsReadersOnlyUnderLock = false;
                    item.Topic.PendingUnderLock++;
                    item.IsPending = true;
                    if (item.PublisherIdLength == 0) continue;
                    item.IsRepeat = _publisherIds.TryFindUnderLock(item.Topic, batch.PublisherIdOf(item), out item.Id);
                    item.IsSought = !item.IsRepeat && item.Topic.HasDroppedEventsUnderLock;
                }
            }
        }

        if (isRefused) LetGo(batch);
        return !isRefused;
    }

    /// <summary>Takes note of a commit: memory may drop what it holds, and ids up to <paramref name="lease"/> may be shown.</summary>
    internal void Confirm(List<UnsavedEvent> saved, EventId through, EventId lease)
    {
        using (_turns.Enter())
        {
            _committedThrough = through.Value;
            _given.ConfirmStored(through);
            _lease = lease.Value;
            foreach (var unsaved in saved)
            {
                _unsavedBytes -= unsaved.Entry.Length;
                unsaved.Topic.CommittedThroughUnderLock = unsaved.Entry.Id;
            }
        }
    }

    /// <summary>
    /// Appends what was committed of a batch and lets its readers know, some events under each hold of the lock. Only wakes shards: the
    /// sequencer's thread has the next commit to make.
    /// </summary>
    internal void AppendCommitted(PublishBatch batch)
    {
        Span<int> due = stackalloc int[_shards.Length];
        for (var next = 0; next < batch.Count;)
        {
            using (_turns.Enter())
            {
                _work.Begin();
                var now = Time.GetUtcNow().ToUnixTimeMilliseconds();
                if (next == 0) batch.Stamp = ++_publishStamp;
                for (var end = Math.Min(batch.Count, next + MaxSliceEvents); next < end && !_work.IsSpent; next++)
                {
                    ref var item = ref batch.Items[next];
                    LetGoUnderLock(ref item);
                    if (item.IsRepeat)
                    {
                        _counters.Repeats++;
                        continue;
                    }

                    item.Topic!.CommittedThroughUnderLock = item.Id;
                    AppendUnderLock(batch, item, now);
                    Volatile.Write(ref _head, item.Id.Value);
                    if (item.IsFinal) EndUnderLock(item);
                }
            }

            Interlocked.MemoryBarrier();
            due.Clear();
            MarkDirty(batch, due);
            for (var i = 0; i < due.Length; i++)
                if (due[i] > 0) _shards[i].Inbox.Wake();
        }
    }

    /// <summary>Lets go of the topics of a batch that is not appended.</summary>
    internal void LetGo(PublishBatch batch)
    {
        for (var start = 0; start < batch.Count; start += MaxSliceEvents)
        {
            using (_turns.Enter())
                foreach (ref var item in batch.Items[start..Math.Min(batch.Count, start + MaxSliceEvents)]) LetGoUnderLock(ref item);
        }
    }

    /// <summary>All events that were given ids are appended, or given up: others may append.</summary>
    internal void EndSequence()
    {
        using (_turns.Enter()) _isSequencing = false;
    }

    private void LetGoUnderLock(ref PublishBatch.Item item)
    {
        if (!item.IsPending) return;
        item.IsPending = false;
        item.Topic!.PendingUnderLock--;
        item.Topic.LastUsedUnderLock = Milliseconds;
    }
}
