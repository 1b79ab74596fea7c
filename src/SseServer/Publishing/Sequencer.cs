using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Publishing;

/// <summary>
/// The store's one writer, on a thread of its own. In turns it commits a group of waiting batches (<see cref="GroupCommit"/>), deletes
/// topics (<see cref="TopicDeletions"/>), looks up publisher ids (<see cref="PublisherIdSearch"/>), and trims (<see cref="StoreTrimmer"/>).
/// Batches that arrive during a commit are the next group, so throughput is bounded by bytes rather than by commits.
/// </summary>
internal sealed class Sequencer : IDisposable
{
    // Half of the 50 milliseconds within which an asynchronous event is committed; the other half is the disk's.
    private static readonly TimeSpan CommitDelay = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly TopicCatalog _catalog;
    private readonly IOwnedStore _store;
    private readonly Faults _faults;
    private readonly ILogger _logger;
    private readonly StoreHealth _health;
    private readonly PublisherIdSearch _search;
    private readonly StoreTrimmer _trimmer;
    private readonly GroupCommit _commit;
    private readonly DeletionQueue _deletions;
    private readonly CommitQueue _queue = new();
    private readonly List<PublishBatch> _group = [];
    private readonly ITimer _commitTimer;
    private readonly WorkerThread _thread;
    private int _commitDue;
    private bool _stopped;

    /// <param name="catalog">Whose logs.</param>
    /// <param name="fanOut">The subscribers.</param>
    /// <param name="appender">The way into the logs.</param>
    /// <param name="uncommitted">What was appended before its commit.</param>
    /// <param name="store">Open; this type alone writes to it, and closes it.</param>
    /// <param name="faults">Takes our own bugs.</param>
    /// <param name="logger">Logs failures of the store.</param>
    public Sequencer(
        TopicCatalog catalog, IFanOut fanOut, LogAppender appender, UncommittedEvents uncommitted, IOwnedStore store, Faults faults,
        ILogger logger)
    {
        (_catalog, _store, _faults, _logger) = (catalog, store, faults, logger);
        _health = new(logger);
        _search = new(store, faults, logger);
        _trimmer = new(catalog, store, _health, mayDelete: () => true, faults, logger);
        _commit = new(catalog, fanOut, appender, uncommitted, store, _health, _search, _trimmer, faults);
        var deletions = new TopicDeletions(catalog, fanOut, appender, uncommitted, store, _commit);
        _deletions = new(deletions.Delete, _health.Fail, faults);
        catalog.Topics.RemoveStored = RemoveStored;
        _commitTimer = catalog.Clock.Time.CreateTimer(
            static self => ((Sequencer)self!).OnCommitDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new("sequencer", Step, faults);
    }

    /// <summary>The state of the store.</summary>
    public HistoryState State => _health.State;

    public void Start() => _thread.Start();

    /// <summary>Each second: time for the store's retention. Any thread.</summary>
    public void Tick()
    {
        _trimmer.Tick();
        _thread.Wake();
    }

    /// <summary>Queues a batch; completes when it is committed and applied, or refused as a whole. Any thread.</summary>
    public ValueTask<HubStatus> EnqueueAsync(PublishBatch batch)
    {
        var completion = batch.Completion;
        (batch.Outcome, batch.NeedsCommit) = (HubStatus.StoreUnavailable, false);
        _queue.Push(batch);
        _thread.Wake();
        // After the thread has stopped, the batch may be left in the queue: then it is refused here.
        if (Volatile.Read(ref _stopped)) _queue.RefusePushed();
        return completion;
    }

    /// <summary>Asks where the store has a publisher id, lowest event id first; nowhere, if the store cannot be read. Any thread.</summary>
    public Task<IReadOnlyList<StoredLocation>> FindAsync(byte[] publisherId)
    {
        var found = _search.FindAsync(publisherId);
        _thread.Wake();
        if (Volatile.Read(ref _stopped)) _search.Refuse();
        return found;
    }

    /// <summary>Deletes a topic, in the store and in memory. Any thread.</summary>
    public Task<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic)
    {
        var deletion = _deletions.DeleteAsync(topic);
        _thread.Wake();
        if (Volatile.Read(ref _stopped)) _deletions.Refuse();
        return deletion;
    }

    /// <summary>
    /// Has events that were shown before their commit committed: after <see cref="CommitDelay"/> or with the next group, and less often
    /// while the disk fails. Any thread.
    /// </summary>
    public void CommitSoon() => _commitTimer.Change(State == HistoryState.Ok ? CommitDelay : RetryDelay, Timeout.InfiniteTimeSpan);

    /// <summary>Commits the waiting batches, then closes the store cleanly if the disk allows it.</summary>
    public void Dispose()
    {
        if (_thread.Stop()) Close();
        _commitTimer.Dispose();
        Volatile.Write(ref _stopped, true);
        Interlocked.MemoryBarrier();
        _queue.RefusePushed();
        _search.Refuse();
        _deletions.Refuse();
    }

    private void OnCommitDue()
    {
        Volatile.Write(ref _commitDue, 1);
        _thread.Wake();
    }

    private void RemoveStored(Topic topic)
    {
        _catalog.StoreRemovals.BeginRemoval(topic);
        _trimmer.Remove(topic);
        _thread.Wake();
    }

    // Each has its step a round, so that none waits for ever behind another. Trimming can wait for the next start, a stop cannot.
    private bool Step() => CommitNext() | _deletions.TryDelete() | _search.TryAnswer() | (!_thread.IsStopping && _trimmer.TryStep());

    private bool CommitNext()
    {
        var isDue = Interlocked.Exchange(ref _commitDue, 0) != 0;
        if (!_queue.TryTakeGroup(_group) && !isDue) return false;
        Commit(isLast: false);
        return true;
    }

    private void Commit(bool isLast)
    {
        _commit.Run(_group, isLast);
        if (!_commit.IsComplete) _commitTimer.Change(RetryDelay, Timeout.InfiniteTimeSpan);
    }

    private void Close()
    {
        Commit(isLast: true);
        try
        {
            // If something could not be committed, the store stays marked as not closed cleanly, and those events as perhaps lost.
            if (_commit.IsComplete) _store.Close(_catalog.Ids.Head.Value);
        }
        catch (StoreException e)
        {
            StoreLog.NotClosed(_logger, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _faults.Report(e);
        }
    }
}
