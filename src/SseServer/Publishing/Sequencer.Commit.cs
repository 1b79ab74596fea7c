using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

// One commit: what was shown before it, and a group of batches that are shown after it.
internal sealed partial class Sequencer
{
    // Ten seconds of ids ahead of the clock: a commit now and then keeps ids within the lease, and a crash moves them ahead by no more.
    private const long LeaseIds = 10_000L << EventId.SequenceBits;

    // After a crash ids are ahead of the clock already, and rise by one an event until it has caught up: a million of them will do, and
    // crash after crash moves them by a millisecond.
    private const long LeaseIdsAhead = 1L << EventId.SequenceBits;

    private readonly StoreCommit _commit = new();
    private PublisherIdIndex _groupIds = new();
    private List<UnsavedEvent> _saving = [];
    private int _state;

    /// <summary>As the last commit found it.</summary>
    public HistoryState State => (HistoryState)Volatile.Read(ref _state);

    /// <summary>The end of the lease that a commit writes: ids that may be shown before the next one. Where all wait for their commit, its last id.</summary>
    public static EventId LeaseEnd(EventId last, DateTimeOffset now, bool hasAsyncTopics)
    {
        if (!hasAsyncTopics) return last;
        return new(Math.Max(EventId.FirstAt(now).Value + LeaseIds, last.Value + LeaseIdsAhead));
    }

    /// <summary>Commits what waits, a bounded group of it; false where nothing does.</summary>
    private bool CommitGroup()
    {
        TakeQueued();
        var isSaveDue = Interlocked.Exchange(ref _saveDue, 0) != 0;
        if (_waiting.Count == 0 && !isSaveDue) return false;
        var (events, bytes) = (0, 0L);
        while (events < MaxGroupEvents && bytes < MaxGroupBytes && _waiting.TryDequeue(out var batch))
        {
            _group.Add(batch);
            events += batch.Count;
            bytes += batch.Bytes;
        }

        Save();
        return true;
    }

    /// <summary>Commits what was shown and not committed, and the group, which is then appended; all of the group is answered.</summary>
    private void Save()
    {
        _saving = _hub.BeginSequence(_saving, givesIds: _group.Count > 0 || _isClosing);
        var status = HubStatus.StoreUnavailable;
        try
        {
            Fill();
            status = TryCommit();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _hub.OnFault(e);
        }

        foreach (var batch in _group) Answer(batch, status);
        _group.Clear();
        _commit.Clear();
        if (_groupIds.Count > 0) _groupIds = new PublisherIdIndex();
        _groupEnds.Clear();
        // Once closed, nothing is shown any more that would not be committed.
        if (!_isClosing) _hub.EndSequence();
        if (_saving.Count > 0) _saveTimer.Change(RetryDelay, Timeout.InfiniteTimeSpan);
    }

    private void Fill()
    {
        foreach (var unsaved in _saving)
        {
            var entry = unsaved.Entry;
            entry.Home.Bytes.AsSpan(entry.Offset, entry.Length).CopyTo(_commit.Reserve(entry.Length));
            _commit.Add(unsaved.Topic.Name, entry.Id.Value, entry.Length, entry.PrefixLength, unsaved.PublisherIdLength, entry.Key?.Text, entry.IsFinal);
            MarkTrimDue(unsaved.Topic);
        }

        // Nobody else gives ids while there is a group, so the head stands still.
        var last = _hub.Head;
        var now = _hub.Time.GetUtcNow().ToUnixTimeMilliseconds();
        if (_group.Count > 0) _hub.WatchClock(last, now);
        foreach (var batch in _group)
        {
            batch.Outcome = _hub.TryHold(batch) ? SeekRepeats(batch) : HubStatus.TooManyTopics;
            if (batch.Outcome == HubStatus.Ok) batch.Outcome = CheckEnds(batch);
            if (batch.Outcome == HubStatus.Ok) Add(batch, ref last, now);
        }
    }

    private void Add(PublishBatch batch, ref EventId last, long now)
    {
        foreach (ref var item in batch.Items)
        {
            if (item.IsRepeat) continue;
            batch.NeedsCommit = true;
            if (item.PublisherIdLength > 0)
            {
                item.IsRepeat = _groupIds.TryFindUnderLock(item.Topic!, batch.PublisherIdOf(item), out item.Id);
                if (item.IsRepeat) continue;
            }

            item.Id = last = EventId.Next(last, now);
            if (item.PublisherIdLength > 0) _groupIds.AddUnderLock(item.Topic!, batch.PublisherIdOf(item), last);
            if (item.IsFinal) _groupEnds[item.Topic!] = last;
            AddFrame(batch, item);
            MarkTrimDue(item.Topic!);
        }
    }

    private void AddFrame(PublishBatch batch, in PublishBatch.Item item)
    {
        Span<byte> idText = stackalloc byte[EventId.MaxTextLength];
        idText = idText[..item.Id.Format(idText)];
        var block = batch.BlockOf(item);
        var length = EventFrame.Measure(idText.Length, block.Length, item.PublisherIdLength > 0);
        EventFrame.Write(_commit.Reserve(length), idText, block, item.PublisherIdLength > 0, out var prefixLength);
        _commit.Add(item.Topic!.Name, item.Id.Value, length, prefixLength, item.PublisherIdLength, batch.KeyOf(item), item.IsFinal);
    }

    private HubStatus TryCommit()
    {
        if (_commit.Count == 0) return HubStatus.Ok;
        var last = new EventId(_commit.Entries[^1].Id);
        var lease = LeaseEnd(last, _hub.Time.GetUtcNow(), _hasAsyncTopics);
        _commit.HighWater = lease.Value;
        _hub.AddSkips(last, _commit.Skips);
        try
        {
            _store.Commit(_commit);
        }
        catch (StoreException e)
        {
            return OnFailure(e);
        }

        if (Interlocked.Exchange(ref _state, (int)HistoryState.Ok) != (int)HistoryState.Ok) StoreLog.CommitsWork(_logger);
        _hub.Confirm(_saving, last, lease);
        _saving.Clear();
        return HubStatus.Ok;
    }

    private HubStatus OnFailure(StoreException exception)
    {
        var (state, status) = exception.Failure switch
        {
            StoreFailure.Full => (HistoryState.Full, HubStatus.StoreFull),
            StoreFailure.Missing => (HistoryState.Missing, HubStatus.StoreMissing),
            _ => (HistoryState.Unavailable, HubStatus.StoreUnavailable),
        };
        // Each publish tries again, so the log hears of the first failure of a kind only.
        if (Interlocked.Exchange(ref _state, (int)state) != (int)state) StoreLog.CommitsFail(_logger, exception.Failure, exception.Message);
        return status;
    }

    private void Answer(PublishBatch batch, HubStatus commit)
    {
        var status = HubStatus.StoreUnavailable;
        try
        {
            status = Finish(batch, commit);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _hub.OnFault(e);
        }

        batch.Complete(status);
    }

    private HubStatus Finish(PublishBatch batch, HubStatus commit)
    {
        var status = batch.Outcome switch
        {
            // What repeats committed events only needs no commit.
            HubStatus.Ok when batch.NeedsCommit => commit,
            // The end may be of the same group, and none where that one failed.
            HubStatus.TopicEnded when commit != HubStatus.Ok => commit,
            var outcome => outcome,
        };
        if (status == HubStatus.Ok) _hub.AppendCommitted(batch);
        else _hub.LetGo(batch);
        return status;
    }
}
