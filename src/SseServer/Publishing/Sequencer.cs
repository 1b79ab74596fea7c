using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using SseServer.Hub;

namespace SseServer.Publishing;

/// <summary>
/// The one writer of the store, on a thread of its own. Takes the batches that wait, gives their events ids, commits them together with what was shown
/// before, appends them in id order, and answers their publishers: so the visible head never passes an id that is not appended, and throughput is bounded by bytes rather
/// than by commits. Between commits it looks up publishers' ids and trims the store.
/// </summary>
internal sealed partial class Sequencer : IDisposable
{
    // One commit: about a fifth of a second of a disk that writes 20 MB a second, and what the store keeps room for.
    private const int MaxGroupBytes = 4 * 1024 * 1024;
    private const int MaxGroupEvents = 16 * 1024;

    // Half of the 50 milliseconds within which a fast event is committed; the other half is the disk's.
    private static readonly TimeSpan SaveDelay = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly EventHub _hub;
    private readonly IEventStore _store;
    private readonly bool _hasAsyncTopics;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly ITimer _saveTimer;
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private readonly Queue<PublishBatch> _waiting = new();
    private readonly List<PublishBatch> _group = [];
    private PublishBatch? _queued;
    private int _saveDue;
    private bool _stopping;
    private bool _isClosing;
    private bool _stopped;

    /// <param name="hub">The hub whose events it puts in order.</param>
    /// <param name="store">The store, open; nobody else writes to it, and it is closed in the end.</param>
    /// <param name="logger">Takes what the store's disk does.</param>
    public Sequencer(EventHub hub, IEventStore store, ILogger logger)
    {
        _hub = hub;
        _store = store;
        _hasAsyncTopics = hub.Options.HasAsyncTopics;
        _logger = logger;
        _saveTimer = hub.Time.CreateTimer(static self => ((Sequencer)self!).OnSaveDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run) { IsBackground = true, Name = "sequencer" };
    }

    public void Start() => _thread.Start();

    /// <summary>Queues a batch; completes when it is committed and appended, or refused as a whole.</summary>
    public ValueTask<HubStatus> EnqueueAsync(PublishBatch batch)
    {
        var completion = batch.Completion;
        (batch.Outcome, batch.NeedsCommit) = (HubStatus.StoreUnavailable, false);
        PublishBatch? top;
        do batch.NextQueued = top = Volatile.Read(ref _queued);
        while (Interlocked.CompareExchange(ref _queued, batch, top) != top);
        _wake.Set();
        // Past its end nobody takes the queue; whoever sees that refuses what stands there, each batch by one.
        if (Volatile.Read(ref _stopped)) RefuseQueued();
        return completion;
    }

    /// <summary>
    /// Events were shown that are not committed: they will be, within <see cref="SaveDelay"/> or with the next group; a disk that fails is not tried that often.
    /// </summary>
    public void SaveSoon() => _saveTimer.Change(State == HistoryState.Ok ? SaveDelay : RetryDelay, Timeout.InfiniteTimeSpan);

    /// <summary>Commits what waits, then closes the store in order, where the disk allows it.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _stopping, true);
        _wake.Set();
        if (_thread.IsAlive) _thread.Join();
        _saveTimer.Dispose();
    }

    private void OnSaveDue()
    {
        Volatile.Write(ref _saveDue, 1);
        _wake.Set();
    }

    private void Run()
    {
        while (true)
        {
            // Before the work is looked for: what comes meanwhile sets it again.
            _wake.Reset();
            var stopping = Volatile.Read(ref _stopping);
            // Each has its step a round, so that none waits for ever behind another. Housekeeping can wait for the next start; a stop does not wait for it.
            if (CommitGroup() | AnswerSearches() | (!stopping && KeepHouse())) continue;
            if (stopping) break;
            _wake.Wait();
        }

        Close();
        Volatile.Write(ref _stopped, true);
        Interlocked.MemoryBarrier();
        RefuseQueued();
        RefuseSearches();
    }

    private void Close()
    {
        _isClosing = true;
        Save();
        try
        {
            // What could not be committed stays known as perhaps lost: the store was not closed in order.
            if (_saving.Count == 0) _store.Close(_hub.Head.Value);
        }
        catch (StoreException e)
        {
            StoreLog.NotClosed(_logger, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _hub.OnFault(e);
        }
    }

    private void RefuseQueued()
    {
        for (var batch = Interlocked.Exchange(ref _queued, null); batch is not null;)
        {
            var next = batch.NextQueued;
            batch.NextQueued = null;
            batch.Complete(HubStatus.StoreUnavailable);
            batch = next;
        }
    }

    /// <summary>Takes the queue, which gives the newest first, and puts it behind what waits already.</summary>
    private void TakeQueued()
    {
        PublishBatch? reversed = null;
        var batch = Interlocked.Exchange(ref _queued, null);
        while (batch is not null) (batch.NextQueued, reversed, batch) = (reversed, batch, batch.NextQueued);
        while (reversed is not null)
        {
            var next = reversed.NextQueued;
            reversed.NextQueued = null;
            _waiting.Enqueue(reversed);
            reversed = next;
        }
    }
}
