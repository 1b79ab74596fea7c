using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Publishing;

/// <summary>
/// Reads what follows the head in a shared store, whoever committed it, and enters it into the logs in the order of ids. While the store is
/// away it tries again; streams wait meanwhile, and nothing is lost. On a thread of its own.
/// </summary>
internal sealed class SharedTail : IDisposable
{
    // A notification usually comes first.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    // Every append of every server wakes this one. Reading a little less often costs far less, and half of this in latency.
    private static readonly TimeSpan ReadInterval = TimeSpan.FromMilliseconds(3);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    // Events applied under one hold of the lock.
    private const int StepEvents = 512;

    private readonly TopicCatalog _catalog;
    private readonly IFanOut _fanOut;
    private readonly LogAppender _appender;
    private readonly ISharedStore _store;
    private readonly SharedTrimmer _trimmer;
    private readonly StoreHealth _health;
    private readonly Action _onForeignEvents;
    private readonly Faults _faults;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new(false);
    private readonly TailPage _page = new();
    // Lists the logs that got events.
    private readonly PublishBatch _touched = new();
    private bool _isAway;
    private int _outbox;
    private long _readAt;

    public SharedTail(
        TopicCatalog catalog, IFanOut fanOut, LogAppender appender, ISharedStore store, SharedTrimmer trimmer, StoreHealth health,
        Action onForeignEvents, Faults faults, ILogger logger)
    {
        (_catalog, _fanOut, _appender, _store, _trimmer, _health) = (catalog, fanOut, appender, store, trimmer, health);
        (_onForeignEvents, _faults, _logger) = (onForeignEvents, faults, logger);
        _readAt = catalog.Clock.Milliseconds;
        store.TrimsRead += Adopt;
        _thread = new Thread(Run) { IsBackground = true, Name = "tail" };
    }

    /// <summary>Has the appender move the outbox. Set by the appender.</summary>
    public Action? OutboxFound { get; set; }

    /// <summary>How long ago the store's newest events were read.</summary>
    public TimeSpan Lag => TimeSpan.FromMilliseconds(_catalog.Clock.Milliseconds - Volatile.Read(ref _readAt));

    public void Start() => _thread.Start();

    /// <summary>Whether the outbox had events when it was last looked at; true once for each look. The appender's.</summary>
    public bool TakeOutbox() => Volatile.Read(ref _outbox) != 0 && Interlocked.Exchange(ref _outbox, 0) != 0;

    public void Dispose()
    {
        _stop.Set();
        _store.StopWaiting();
        if (_thread.IsAlive) _thread.Join();
        _store.TrimsRead -= Adopt;
    }

    private void Run()
    {
        _page.After = _catalog.Ids.Head.Value;
        while (!_stop.IsSet)
        {
            try
            {
                var began = _catalog.Clock.Milliseconds;
                if (ReadOnce()) continue;
                _store.Wait(PollInterval);
                var early = ReadInterval.TotalMilliseconds - (_catalog.Clock.Milliseconds - began);
                if (early > 0) _stop.Wait((int)early);
            }
            catch (StoreException e)
            {
                _health.Fail(e);
                _isAway = true;
                _stop.Wait(RetryInterval);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _faults.Report(e);
                _stop.Wait(RetryInterval);
            }
        }
    }

    /// <summary>Reads and applies a page; false if there is nothing more at present.</summary>
    private bool ReadOnce()
    {
        if (_store.Attach(_catalog.Ids.Head.Value) is { } lives) Rejoin(lives);
        var began = _catalog.Clock.Milliseconds;
        _store.ReadTail(_page);
        if (_isAway) _health.Recover();
        _isAway = false;
        if (_page.Trims.Count > 0) Adopt(_page.Trims);
        Apply();
        if (!_page.HasMore) Volatile.Write(ref _readAt, began - (long)_page.Age.TotalMilliseconds);
        if (_page.HasOutbox)
        {
            Volatile.Write(ref _outbox, 1);
            OutboxFound?.Invoke();
        }

        return _page.HasMore;
    }

    /// <summary>
    /// The connection was lost, and the history may be another since: after a failover to a standby that lacked the last events, or a
    /// restore. Then what memory has is dropped, and clients come back, to be told what they have that the history has not.
    /// </summary>
    private void Rejoin(IReadOnlyList<IdRange> lives)
    {
        _catalog.Clock.Offset = _store.ClockOffset;
        bool isKnown;
        using (_catalog.Lock.Enter()) isKnown = _catalog.Ids.Reassign(lives);
        if (isKnown) return;
        StoreLog.HistoryDiffers(_logger, _catalog.Ids.Head);
        var head = _catalog.Ids.Head;
        for (var position = 0; ; position++)
        {
            Topic? topic;
            using (_catalog.Lock.EnterInBackground())
            {
                topic = _catalog.Topics.At(position);
                topic?.DisownMemory(head);
            }

            if (topic is null) break;
            MemoryPublisher.DropDeleted(_catalog, topic, head);
        }

        _onForeignEvents();
    }

    private void Apply()
    {
        var entries = _page.Entries;
        for (var next = 0; next < entries.Count;)
        {
            Topic? deleted = null;
            EventId last = default;
            _touched.Clear();
            using (_catalog.Lock.Enter())
            {
                // All of the page is in the store, so memory may drop it.
                _catalog.Ids.Commit(new(_page.After));
                var now = _catalog.Clock.UnixMilliseconds;
                _appender.Begin(_touched);
                var end = Math.Min(entries.Count, next + StepEvents);
                for (; next < end && deleted is null && !_catalog.Lock.Work.IsSpent; next++)
                {
                    var entry = entries[next];
                    if (entry.Block is not null) ApplyEvent(entry, now);
                    else if ((deleted = _catalog.Topics.Find(entry.Topic)) is not null)
                        last = _appender.ApplyDeletion(deleted, new(entry.Id));
                    else _catalog.Ids.Advance(new(entry.Id + 1));
                }
            }

            if (deleted is not null) _touched.Touched.Add(deleted);
            _fanOut.Notify(_touched.Touched, mayServe: false);
            if (deleted is not null) MemoryPublisher.DropDeleted(_catalog, deleted, last);
        }
    }

    private void ApplyEvent(in TailEntry entry, long now)
    {
        var topic = _catalog.Topics.FindOrAdd(entry.Topic);
        topic.LastUsed = _catalog.Clock.Milliseconds;
        topic.IsForSubscribersOnly = false;
        // The end was forgotten, on the server that published this.
        if (topic.HasEnded) topic.Reopen();
        ReadOnlySpan<byte> block = entry.Block;
        var hasPublisherId = entry.PublisherIdLength > 0;
        _appender.Apply(
            new()
            {
                Topic = topic,
                Id = new(entry.Id),
                Block = block,
                PublisherId = hasPublisherId ? block.Slice("id: ".Length, entry.PublisherIdLength) : default,
                Digest = entry.Digest,
                Key = entry.Key,
                TypeHash = EventFilter.HashOf(EventFrame.NameInBlock(block, hasPublisherId)),
                IsFinal = entry.IsFinal,
                IsEndAlone = PublishBatch.IsEndAlone(block),
            },
            _touched, now);
        _trimmer.MarkDue(topic);
    }

    // Also on the threads that read pages.
    private void Adopt(IReadOnlyList<SharedTrim> trims)
    {
        foreach (var trim in trims)
        {
            for (var isDone = false; !isDone; _catalog.Lock.GiveWay())
            {
                using (_catalog.Lock.EnterInBackground())
                {
                    if (_catalog.Topics.Find(trim.Topic) is not { } topic) break;
                    isDone = _catalog.Retention.DropBegun(topic, new(trim.Marks.Through));
                    if (isDone) using (_catalog.Budget.Track(topic)) topic.AdoptTrim(trim.Marks, _catalog.Ids.Head);
                }
            }
        }
    }
}
