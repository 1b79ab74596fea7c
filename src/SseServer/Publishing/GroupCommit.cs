using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// One commit: the events that subscribers can see and the store does not have yet, and a group of waiting batches. Assigns the group's
/// ids, writes everything in one transaction, then appends the group to the logs and answers its publishers. So no event of the group is
/// visible before it is committed, and the head never passes an id that is not in the logs. On the sequencer's thread.
/// </summary>
internal sealed class GroupCommit(
    TopicCatalog catalog, IFanOut fanOut, LogAppender appender, UncommittedEvents uncommitted, IOwnedStore store, StoreHealth health,
    PublisherIdSearch search, StoreTrimmer trimmer, Faults faults)
{
    // Events handled under one hold of the lock.
    private const int StepEvents = 1024;

    private readonly StoreCommit _commit = new();
    private readonly EndRule _ends = new();
    private readonly bool _hasAsyncTopics = catalog.Options.HasAsyncTopics;
    private PublisherIdIndex _publisherIds = new();
    private List<UncommittedEvents.Entry> _saving = [];

    /// <summary>All that was shown is committed.</summary>
    public bool IsComplete => _saving.Count == 0;

    /// <summary>
    /// Commits what was shown and not committed, and a group of batches, which is then applied; answers and empties the group.
    /// </summary>
    /// <param name="group">Perhaps empty.</param>
    /// <param name="isLast">Nothing may be shown afterwards: it would not be committed any more.</param>
    public void Run(List<PublishBatch> group, bool isLast)
    {
        using (catalog.Lock.Enter())
        {
            // Between the assignment of ids and their append, no other thread may append.
            uncommitted.IsSequencing = group.Count > 0 || isLast;
            _saving = uncommitted.Take(_saving);
        }

        var status = HubStatus.StoreUnavailable;
        try
        {
            Fill(group);
            status = TryCommit();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            faults.Report(e);
        }

        foreach (var batch in group) Answer(batch, status);
        group.Clear();
        _commit.Clear();
        if (_publisherIds.Count > 0) _publisherIds = new PublisherIdIndex();
        _ends.Clear();
        if (isLast) return;
        using (catalog.Lock.Enter()) uncommitted.IsSequencing = false;
    }

    private void Fill(List<PublishBatch> group)
    {
        foreach (var saved in _saving)
        {
            var entry = saved.Log;
            entry.Home.Bytes.AsSpan(entry.Offset, entry.Length).CopyTo(_commit.Reserve(entry.Length));
            _commit.Add(
                saved.Topic.Name, entry.Id.Value, entry.Length, entry.PrefixLength, saved.PublisherIdLength, entry.Key?.Text,
                entry.IsFinal, saved.Digest);
            trimmer.MarkDue(saved.Topic);
        }

        if (group.Count == 0) return;
        // No other thread assigns ids now, so the head does not move.
        var last = catalog.Ids.Head;
        var now = catalog.Clock.UnixMilliseconds;
        using (catalog.Lock.Enter()) catalog.Ids.CheckClock(last, now);
        foreach (var batch in group)
        {
            batch.Outcome = Prepare(batch);
            if (batch.Outcome == HubStatus.Ok) Add(batch, ref last, now);
        }
    }

    /// <summary>Finds what of a batch is new, and whether it may be appended.</summary>
    private HubStatus Prepare(PublishBatch batch)
    {
        if (!TryPinTopics(batch)) return HubStatus.TooManyTopics;
        try
        {
            search.MarkRepeats(batch);
        }
        catch (StoreException e)
        {
            return health.Fail(e);
        }

        MarkRepeatsOfGroup(batch);
        if (!PublisherIdRule.Allows(batch, 0, batch.Count)) return HubStatus.IdConflict;
        return _ends.Allows(batch, 0, batch.Count) ? HubStatus.Ok : HubStatus.TopicEnded;
    }

    // What repeats an event of this group is answered after the commit.
    private void MarkRepeatsOfGroup(PublishBatch batch)
    {
        if (_publisherIds.Count == 0 || !batch.HasPublisherIds) return;
        foreach (ref var item in batch.Items)
            if (!item.IsRepeat && !item.IsConflict) batch.NeedsCommit |= PublisherIdRule.Find(batch, ref item, _publisherIds);
    }

    /// <summary>
    /// Finds or creates a batch's topics, pins them so that they are not removed, and finds which of its events memory has; false if there
    /// would be too many topics.
    /// </summary>
    private bool TryPinTopics(PublishBatch batch)
    {
        var isRefused = false;
        for (var next = 0; next < batch.Count && !isRefused;)
        {
            using (catalog.Lock.Enter())
            {
                for (var end = Math.Min(batch.Count, next + StepEvents); next < end && !catalog.Lock.Work.IsSpent; next++)
                {
                    ref var item = ref batch.Items[next];
                    isRefused = !appender.TryFindTopic(batch, ref item);
                    if (isRefused) break;
                    item.Topic!.Pending++;
                    item.IsPinned = true;
                    if (item.PublisherIdLength == 0 || item.RepeatsInBatch) continue;
                    item.MayBeStored = !PublisherIdRule.Find(batch, ref item, catalog.PublisherIds) && item.Topic!.Marks.IsStoreAhead;
                }
            }
        }

        if (isRefused) Unpin(batch);
        return !isRefused;
    }

    private void Add(PublishBatch batch, ref EventId last, long now)
    {
        batch.FirstCommitted = _commit.Count;
        foreach (ref var item in batch.Items)
        {
            batch.ResolveRepeat(ref item);
            if (item.IsRepeat) continue;
            batch.NeedsCommit = true;
            item.Id = last = EventId.Next(last, now);
            var digest = batch.DigestOf(item);
            if (item.PublisherIdLength > 0) _publisherIds.Add(item.Topic!, batch.PublisherIdOf(item), last, digest);
            if (item.IsFinal) _ends.SetId(item.Topic!, last);
            var writer = new FrameWriter(item.Id, batch.BlockOf(item), item.PublisherIdLength > 0);
            var prefixLength = writer.Write(_commit.Reserve(writer.Length));
            _commit.Add(
                item.Topic!.Name, item.Id.Value, writer.Length, prefixLength, item.PublisherIdLength, batch.KeyOf(item), item.IsFinal,
                digest);
            trimmer.MarkDue(item.Topic!);
        }
    }

    private HubStatus TryCommit()
    {
        if (_commit.Count == 0) return HubStatus.Ok;
        var last = new EventId(_commit.Entries[^1].Id);
        var lease = UncommittedEvents.LeaseEnd(last, catalog.Clock.Now, _hasAsyncTopics);
        _commit.HighWater = lease.Value;
        using (catalog.Lock.Enter()) catalog.Ids.AddSkips(last, _commit.Skips);
        try
        {
            store.Commit(_commit);
        }
        catch (StoreException e)
        {
            return health.Fail(e);
        }

        health.Succeed();
        using (catalog.Lock.Enter())
        {
            catalog.Ids.Commit(last);
            uncommitted.Commit(_saving, lease);
        }

        _saving.Clear();
        return HubStatus.Ok;
    }

    private void Answer(PublishBatch batch, HubStatus commit)
    {
        var status = HubStatus.StoreUnavailable;
        try
        {
            status = batch.Outcome switch
            {
                // A batch that only repeats committed events needs no commit.
                HubStatus.Ok when batch.NeedsCommit => commit,
                // The end, or the event with the same id, may belong to the same group; if the commit failed, there is no such event.
                HubStatus.TopicEnded or HubStatus.IdConflict when commit != HubStatus.Ok => commit,
                var outcome => outcome,
            };
            if (status == HubStatus.Ok) Apply(batch);
            else Unpin(batch);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            faults.Report(e);
            status = HubStatus.StoreUnavailable;
        }

        batch.Complete(status);
    }

    /// <summary>
    /// Applies what was committed of a batch, some events under each hold of the lock, and wakes its subscribers' shards.
    /// </summary>
    private void Apply(PublishBatch batch)
    {
        var committed = batch.FirstCommitted;
        for (var next = 0; next < batch.Count;)
        {
            using (catalog.Lock.Enter())
            {
                var now = catalog.Clock.UnixMilliseconds;
                if (next == 0) appender.Begin(batch);
                for (var end = Math.Min(batch.Count, next + StepEvents); next < end && !catalog.Lock.Work.IsSpent; next++)
                {
                    ref var item = ref batch.Items[next];
                    UnpinUnderLock(ref item);
                    if (item.IsRepeat)
                    {
                        appender.CountRepeat();
                        continue;
                    }

                    ref readonly var entry = ref _commit.Entries[committed++];
                    appender.Apply(batch.RecordOf(item, _commit.Frame(entry), entry.PrefixLength), batch, now);
                }
            }

            // This thread has the next commit to write, so it only wakes the shards.
            fanOut.Notify(batch.Touched, mayServe: false);
        }
    }

    /// <summary>Unpins the topics of a batch that is not appended, so that they can be removed.</summary>
    private void Unpin(PublishBatch batch)
    {
        for (var start = 0; start < batch.Count; start += StepEvents)
        {
            using (catalog.Lock.Enter())
                foreach (ref var item in batch.Items[start..Math.Min(batch.Count, start + StepEvents)]) UnpinUnderLock(ref item);
        }
    }

    private void UnpinUnderLock(ref PublishBatch.Item item)
    {
        if (!item.IsPinned) return;
        item.IsPinned = false;
        item.Topic!.Pending--;
        item.Topic.LastUsed = catalog.Clock.Milliseconds;
    }
}
