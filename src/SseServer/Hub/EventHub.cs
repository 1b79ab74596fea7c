using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Log;
using SseServer.Publishing;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Hub;

/// <summary>
/// Topics, patterns and the shards that serve their readers. One short critical section gives ids and appends, so ids rise strictly over the
/// hub and every log is in id order; readers take no lock. Knows no HTTP and no sockets.
/// </summary>
internal sealed partial class EventHub : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LockTurns _turns;
    private readonly FanOutShard[] _shards;
    private readonly ITimer _timer;
    private readonly PublisherIdIndex _publisherIds = new();
    private readonly RetentionFloor _floor;
    private readonly HubMetrics _metrics;
    private PublishCounters _counters;
    private readonly IEventStore? _store;
    private readonly int _leastEvents;
    private readonly long _leastBytes;
    private long _head;
    private long _committedThrough = long.MaxValue;
    private int _nextShard;
    private int _pressure;

    /// <param name="options">What it keeps and how it serves.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="store">Keeps history over restarts; not yet opened, and the hub's from now on. Null for history in memory only.</param>
    /// <param name="logger">Takes what the store does.</param>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public EventHub(HubOptions options, TimeProvider time, IEventStore? store = null, ILogger<EventHub>? logger = null)
    {
        _turns = new LockTurns(_gate);
        Options = options;
        Time = time;
        _store = store;
        _maxHistoryBytes = options.MaxHistoryBytes;
        Pinned.SetBound(options.MaxHistoryBytes);
        _patterns = new PatternTable(options.MaxPatterns, _work);
        TopicRetention[] retentions = [options.Retention, .. options.Rules.Select(rule => rule.Retention)];
        _leastEvents = retentions.Min(retention => retention.MaxEvents);
        _leastBytes = retentions.Min(retention => retention.MaxBytes);
        // No event has this id; without a store, what came before it belongs to an earlier life of the server.
        var now = time.GetUtcNow();
        _clock = new ClockSteps(time);
        var head = EventId.FirstAt(now);
        var floor = head;
        IReadOnlyList<IdStretch> lives = [new(head.Value, head.Value)];
        StoreStart? stored = null;
        if (store is not null)
        {
            _hasAsyncTopics = options.HasAsyncTopics;
            _lease = Sequencer.LeaseEnd(head, now, _hasAsyncTopics).Value;
            stored = store.Open(head.Value, _lease);
            head = new(stored.FirstId);
            lives = stored.Lives;
            floor = new(Math.Max(stored.Origin, stored.Floor));
            _uncleanThrough = new(_hasAsyncTopics ? stored.UncleanThrough : 0);
            _committedThrough = head.Value;
        }

        _head = head.Value;
        _given = new GivenIds(lives);
        _begin = head;
        _floor = new RetentionFloor(floor);
        _shards = new FanOutShard[options.Shards];
        for (var i = 0; i < _shards.Length; i++) _shards[i] = new FanOutShard(this, i);
        if (store is not null && stored is not null)
        {
            Damage = new HistoryDamage(logger ?? (ILogger)NullLogger.Instance);
            foreach (var block in stored.Damage) Damage.Add(block);
            Restore(stored);
            _sequencer = new Sequencer(this, store, logger ?? (ILogger)NullLogger.Instance);
            StoreLog.Opened(logger ?? (ILogger)NullLogger.Instance, stored.Topics.Count, new(stored.LastId), stored.WasClean ? "in order" : "a crash");
            _sequencer.Start();
            Replays = new StoreReaderPool(this, store, logger ?? (ILogger)NullLogger.Instance);
            Replays.Start();
        }

        foreach (var shard in _shards) shard.Start();
        _metrics = new HubMetrics(this);
        _timer = time.CreateTimer(static hub => ((EventHub)hub!).Sweep(), this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>A mistake of ours that cost a stream; for the log.</summary>
    public event Action<Exception>? Faulted;

    public HubOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>The last id given: everything up to it stands in the logs.</summary>
    public EventId Head => new(Volatile.Read(ref _head));

    /// <summary>Events up to this id are in the store, so that memory may drop them; all there are where there is no store. Under the lock.</summary>
    private EventId CommittedThrough => new(_committedThrough);

    public int SubscriptionCount => _shards.Sum(shard => shard.Count);

    public int TopicCount
    {
        get
        {
            lock (_gate) return _topicList.Count;
        }
    }

    /// <summary>Bytes of memory that history stands for.</summary>
    public long HistoryBytes
    {
        get
        {
            lock (_gate) return _history.Cost;
        }
    }

    /// <summary>How short memory is; for those who ask for more of it.</summary>
    public MemoryPressure Pressure
    {
        get => (MemoryPressure)Volatile.Read(ref _pressure);
        set => Volatile.Write(ref _pressure, (int)value);
    }

    /// <summary>The bound on <see cref="HistoryBytes"/>; below the options' where memory is short.</summary>
    public long MaxHistoryBytes => Volatile.Read(ref _maxHistoryBytes);

    /// <summary>Events retained in memory.</summary>
    public long HistoryEvents => History.Events;

    /// <summary>What all topics' history is, in events and bytes.</summary>
    public TopicFootprint History
    {
        get
        {
            lock (_gate) return _history;
        }
    }

    /// <summary>The instruments that tell all this.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>A clock for intervals, in milliseconds.</summary>
    internal long Milliseconds => Time.GetTimestamp() / (Time.TimestampFrequency / 1000);

    internal PublishCounters CountPublished()
    {
        lock (_gate) return _counters;
    }

    internal ShardCounters CountShards()
    {
        var sum = new ShardCounters();
        foreach (var shard in _shards) sum.Add(shard.Counters);
        return sum;
    }

    /// <summary>Reads what memory dropped; null without a store.</summary>
    internal StoreReaderPool? Replays { get; }

    /// <summary>Memory that pending writes keep alive beside history.</summary>
    internal PinnedHistory Pinned { get; } = new();

    /// <summary>Tells of a mistake of ours. Never throws: whoever tells has others to serve.</summary>
    internal void OnFault(Exception exception)
    {
        try
        {
            Faulted?.Invoke(exception);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Trace.TraceError($"A handler of the hub's faults failed: {e} It was told of: {exception}");
        }
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _timer.Dispose();
        lock (_departureGate) StopDepartureUnderGate();
        _sequencer?.Dispose();
        foreach (var shard in _shards) shard.Dispose();
        Replays?.Dispose();
        _store?.Dispose();
    }
}
