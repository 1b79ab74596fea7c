using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Publishing;

/// <summary>
/// Commits batches to a shared store, all that wait in one call, and answers their publishers. It enters nothing into the logs: that is the
/// tail's, which reads the events back in the order of their ids. On a thread of its own.
/// </summary>
internal sealed class SharedAppender : IDisposable
{
    private readonly TopicCatalog _catalog;
    private readonly LogAppender _appender;
    private readonly ISharedStore _store;
    private readonly SharedTail _tail;
    private readonly StoreHealth _health;
    private readonly PublisherIdSearch _search;
    private readonly WorkerThread _thread;
    private readonly CommitQueue _queue = new();
    private readonly DeletionQueue _deletions;
    private readonly List<PublishBatch> _group = [];
    private readonly SharedCommit _commit = new();
    private int _probeDue;
    private bool _stopped;

    public SharedAppender(
        TopicCatalog catalog, LogAppender appender, ISharedStore store, SharedTail tail, StoreHealth health, Faults faults, ILogger logger)
    {
        (_catalog, _appender, _store, _tail, _health) = (catalog, appender, store, tail, health);
        _search = new(store, faults, logger);
        _deletions = new(Delete, Unknown, faults);
        _thread = new("appender", Step, faults);
        tail.OutboxFound = _thread.Wake;
    }

    public void Start() => _thread.Start();

    /// <summary>
    /// Each second: if the last append failed, an empty one finds out whether the store answers again, even if nobody publishes. Any
    /// thread.
    /// </summary>
    public void Tick()
    {
        if (_health.State != HistoryState.Unavailable) return;
        Volatile.Write(ref _probeDue, 1);
        _thread.Wake();
    }

    /// <summary>Queues a batch; completes when it is committed, or refused as a whole. Any thread.</summary>
    public ValueTask<HubStatus> EnqueueAsync(PublishBatch batch)
    {
        var completion = batch.Completion;
        batch.Outcome = HubStatus.StoreUnavailable;
        _queue.Push(batch);
        _thread.Wake();
        if (Volatile.Read(ref _stopped)) _queue.RefusePushed();
        return completion;
    }

    /// <inheritdoc cref="PublisherIdSearch.FindAsync"/>
    public Task<IReadOnlyList<StoredLocation>> FindAsync(byte[] publisherId)
    {
        var found = _search.FindAsync(publisherId);
        _thread.Wake();
        if (Volatile.Read(ref _stopped)) _search.Refuse();
        return found;
    }

    /// <summary>Deletes a topic in the store; the tail deletes it in memory, on every server. Any thread.</summary>
    public Task<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic)
    {
        var deletion = _deletions.DeleteAsync(topic);
        _thread.Wake();
        if (Volatile.Read(ref _stopped)) _deletions.Refuse();
        return deletion;
    }

    /// <summary>Commits the waiting batches, and ends.</summary>
    public void Dispose()
    {
        _thread.Stop();
        Volatile.Write(ref _stopped, true);
        Interlocked.MemoryBarrier();
        _queue.RefusePushed();
        _search.Refuse();
        _deletions.Refuse();
    }

    private bool Step() => CommitNext() | _deletions.TryDelete() | _search.TryAnswer();

    private bool CommitNext()
    {
        var isGroup = _queue.TryTakeGroup(_group);
        var isProbe = Interlocked.Exchange(ref _probeDue, 0) != 0;
        if (!isGroup && !isProbe && !_tail.TakeOutbox()) return false;
        var status = HubStatus.StoreUnavailable;
        try
        {
            foreach (var batch in _group) Add(batch);
            status = TryAppend();
        }
        finally
        {
            var next = 0;
            for (var i = 0; i < _group.Count; i++) Answer(_group[i], status, ref next);
            _group.Clear();
            _commit.Clear();
        }

        return true;
    }

    /// <summary>Adds what is new of a batch, unless there are too many topics.</summary>
    private void Add(PublishBatch batch)
    {
        using (_catalog.Lock.Enter())
        {
            // Finds the topics only to bound their number, and so that the publisher can wait for their subscribers.
            if (!_appender.TryFindTopics(batch, batch.Items))
            {
                batch.Outcome = HubStatus.TooManyTopics;
                return;
            }

            _appender.Begin(batch);
            foreach (ref readonly var item in batch.Items) LogAppender.Touch(batch, item.Topic!);
        }

        (batch.Outcome, batch.FirstCommitted) = (HubStatus.Ok, _commit.BeginBatch());
        foreach (ref readonly var item in batch.Items)
        {
            if (item.RepeatsInBatch) continue;
            _commit.Add(
                batch.TopicOf(item), batch.BlockOf(item), batch.KeyOf(item), item.PublisherIdLength, batch.DigestOf(item), item.IsFinal);
        }
    }

    private HubStatus TryAppend()
    {
        try
        {
            _store.Append(_commit);
        }
        catch (StoreException e)
        {
            return Unknown(e);
        }

        if (_commit.Count > 0) _health.Succeed();
        else _health.Recover();
        return HubStatus.Ok;
    }

    // The batches' events are in the commit in the same order.
    private void Answer(PublishBatch batch, HubStatus status, ref int next)
    {
        if (batch.Outcome != HubStatus.Ok)
        {
            batch.Complete(batch.Outcome);
            return;
        }

        if (status == HubStatus.Ok)
        {
            status = _commit.Refusals[batch.FirstCommitted] switch
            {
                SharedCommit.Refusal.TopicEnded => HubStatus.TopicEnded,
                SharedCommit.Refusal.IdConflict => HubStatus.IdConflict,
                _ => HubStatus.Ok,
            };
            var items = batch.Items;
            for (var i = 0; i < items.Length; i++)
            {
                ref var item = ref items[i];
                batch.ResolveRepeat(ref item);
                if (item.RepeatsInBatch) continue;
                if (status != HubStatus.Ok && next == _commit.RefusedEvents[batch.FirstCommitted]) batch.RefusedIndex = i;
                (item.Id, item.IsRepeat) = (new(_commit.Ids[next]), _commit.Repeats[next]);
                next++;
            }
        }

        batch.Complete(status);
    }

    // The connection may have been lost after the commit.
    private HubStatus Unknown(StoreException e) => _health.Fail(e) is HubStatus.StoreFull ? HubStatus.StoreFull : HubStatus.OutcomeUnknown;

    private (HubStatus Status, EventId Id) Delete(byte[] topic)
    {
        var id = _store.Delete(topic);
        return id == 0 ? (HubStatus.NoSuchTopic, default) : (HubStatus.Ok, new(id));
    }
}
