using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Publishing;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Hub;

/// <summary>
/// The engine: publishers' batches go in, subscribers' streams are served. A topic is a log; a subscriber is a cursor. This type only
/// connects the layers: Log (logs and cursors), Catalog (topics, patterns, the head, the one lock), Publishing (the way into the logs) and
/// Delivery (the way out), each of which knows only those before it. Knows no HTTP and no sockets. Any thread.
/// </summary>
internal sealed class EventHub : IDisposable
{
    private readonly Faults _faults = new();
    private readonly FanOut _fanOut;
    private readonly IPublisher _publisher;
    private readonly Sequencer? _sequencer;
    private readonly SharedPublisher? _shared;
    private readonly StoredTail? _storedTail;
    private readonly SubscriptionOpener _opener;
    private readonly RetentionSweeper _sweeper;
    private readonly HubMetrics _metrics;
    private readonly ITimer _timer;
    private readonly IEventStore? _store;
    private int _pressure;

    /// <param name="options">What it retains and how it serves.</param>
    /// <param name="time">The clock.</param>
    /// <param name="store">Keeps history over restarts; not yet opened, and disposed by this type. Null for history in memory only.</param>
    /// <param name="logger">Logs what happens to the store.</param>
    /// <param name="identity">What servers that share the store see of this one.</param>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public EventHub(
        HubOptions options, TimeProvider time, IEventStore? store = null, ILogger<EventHub>? logger = null, NodeIdentity? identity = null)
    {
        var log = logger ?? (ILogger)NullLogger.Instance;
        _store = store;
        Clock = new HubClock(time);
        var lease = default(EventId);
        var stored = store switch
        {
            IOwnedStore owned => StoreOpening.Open(owned, options, Clock, out lease),
            ISharedStore shared => StoreOpening.Open(shared, Clock),
            _ => null,
        };
        Catalog = StoreOpening.CreateCatalog(options, Clock, stored, _faults);
        Reconnection = new ReconnectionTimes(options, Clock);
        if (store is not null && stored is not null)
        {
            Damage = new HistoryDamage(log);
            foreach (var block in stored.Damage) Damage.Add(block);
            Catalog.Restore(stored);
            _fanOut = new FanOut(Catalog, Reconnection, new StoreReaderPool(Catalog, store, Damage, _faults, log), _faults);
            StoreLog.Opened(log, stored.Topics.Count, new(stored.LastId), stored.WasClean ? "clean" : "a crash");
        }
        else
        {
            _fanOut = new FanOut(Catalog, Reconnection, replays: null, _faults);
        }

        Shedder = new Shedder(options, Clock, Reconnection, _fanOut);
        _publisher = CreatePublisher(store, lease, log);
        _sequencer = (_publisher as DurablePublisher)?.Sequencer;
        _shared = _publisher as SharedPublisher;
        _sequencer?.Start();
        _storedTail = store is null ? null : new StoredTail(store, log);
        _opener = new SubscriptionOpener(Catalog, _fanOut, new(Catalog, _storedTail), FindStored);
        _sweeper = new RetentionSweeper(Catalog);
        _fanOut.Start();
        _shared?.Start();
        if (_shared is not null && store is ISharedStore joined)
            Cluster = new(this, joined, () => _shared.Lag, identity ?? NodeIdentity.Default, _faults, log);
        Cluster?.Start();
        _metrics = new HubMetrics(this, _fanOut, _publisher.Appender);
        _timer = time.CreateTimer(static hub => ((EventHub)hub!).Sweep(), this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Raised for our own bugs, each of which costs a stream or a request; for the log.</summary>
    public event Action<Exception>? Faulted
    {
        add => _faults.Reported += value;
        remove => _faults.Reported -= value;
    }

    public HubOptions Options => Catalog.Options;

    public TimeProvider Time => Clock.Time;

    public HubClock Clock { get; }

    /// <summary>The servers that share the history; null if this one has its history to itself.</summary>
    public ClusterNode? Cluster { get; }

    /// <summary>How long ago the newest events of the shared history were read; null if there is none.</summary>
    public TimeSpan? Lag => _shared?.Lag;

    /// <summary>Topics, patterns and the history that is retained.</summary>
    public TopicCatalog Catalog { get; }

    /// <summary>The reconnection times sent to clients.</summary>
    public ReconnectionTimes Reconnection { get; }

    /// <summary>Ends streams over a period.</summary>
    public Shedder Shedder { get; }

    /// <summary>The last id assigned. Every event up to it is in the logs.</summary>
    public EventId Head => Catalog.Ids.Head;

    /// <summary>Streams being served.</summary>
    public int Streams => _fanOut.Streams;

    public int TopicCount
    {
        get
        {
            using (Catalog.Lock.EnterInBackground()) return Catalog.Topics.Count;
        }
    }

    /// <summary>Bytes of memory that history takes.</summary>
    public long HistoryBytes
    {
        get
        {
            using (Catalog.Lock.EnterInBackground()) return Catalog.Budget.Total.Cost;
        }
    }

    /// <summary>The state of the store; null if history is in memory only.</summary>
    public HistoryState? HistoryState
        => (_sequencer?.State ?? _shared?.State) is not { } state ? null
            : state == History.HistoryState.Ok && Damage!.IsAny ? History.HistoryState.Damaged
            : state;

    /// <summary>The damage found in the store; null if history is in memory only.</summary>
    public HistoryDamage? Damage { get; }

    /// <summary>How short memory is. Set by whoever measures it.</summary>
    public MemoryPressure Pressure
    {
        get => (MemoryPressure)Volatile.Read(ref _pressure);
        set => Volatile.Write(ref _pressure, (int)value);
    }

    /// <summary>The metrics' instruments.</summary>
    public Meter Meter => _metrics.Meter;

    internal FanOut FanOut => _fanOut;

    internal IPublisher Publisher => _publisher;

    /// <inheritdoc cref="IPublisher.PublishAsync"/>
    public ValueTask<HubStatus> PublishAsync(PublishBatch batch) => _publisher.PublishAsync(batch);

    /// <inheritdoc cref="IPublisher.DeleteAsync"/>
    public ValueTask<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic) => _publisher.DeleteAsync(topic);

    /// <inheritdoc cref="SubscriptionOpener.AcquireAsync"/>
    public ValueTask<HubStatus> AcquireAsync(Subscription subscription, IReadOnlyList<Selector> selectors, ResumePoint start)
        => _opener.AcquireAsync(subscription, selectors, start);

    /// <summary>Hands a subscription to its shard, which writes to its connection from now on.</summary>
    public static void Join(Subscription subscription) => subscription.Signal(Subscription.Signals.Joined);

    /// <inheritdoc cref="SubscriptionOpener.IsOverAsync"/>
    public ValueTask<bool> IsOverAsync(IReadOnlyList<Selector> selectors, ResumePoint start) => _opener.IsOverAsync(selectors, start);

    /// <inheritdoc cref="SubscriptionOpener.FindPositionAsync"/>
    public ValueTask<EventId?> FindPositionAsync(IReadOnlyList<Selector> selectors, ResumePoint start)
        => _opener.FindPositionAsync(selectors, start);

    /// <inheritdoc cref="RetentionSweeper.BoundHistory"/>
    public void BoundHistory(long bytes) => _sweeper.BoundHistory(bytes);

    /// <summary>
    /// Adds each watched topic whose number of subscribers changed since the last call, with that number, over all servers that share the
    /// history. One caller at a time.
    /// </summary>
    public void TakeSubscriberChanges(List<SubscriberChange> changes)
    {
        if (Cluster is null) Catalog.SubscriberChanges.Take(changes);
        else Cluster.TakeSubscriberChanges(changes);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _timer.Dispose();
        Cluster?.Dispose();
        Shedder.Dispose();
        _publisher.Dispose();
        _fanOut.Dispose();
        _storedTail?.Dispose();
        _store?.Dispose();
    }

    private Func<byte[], Task<IReadOnlyList<StoredLocation>>>? FindStored
        => _shared is not null ? _shared.FindAsync : _sequencer is not null ? _sequencer.FindAsync : null;

    private IPublisher CreatePublisher(IEventStore? store, EventId lease, ILogger logger) => store switch
    {
        IOwnedStore owned => new DurablePublisher(Catalog, _fanOut, owned, lease, _faults, logger),
        ISharedStore shared => new SharedPublisher(Catalog, _fanOut, shared, EndAllStreams, _faults, logger),
        _ => new MemoryPublisher(Catalog, _fanOut),
    };

    private void Sweep()
    {
        _fanOut.Sweep();
        _sequencer?.Tick();
        _shared?.Tick();
        Cluster?.Tick();
        _sweeper.Sweep();
    }

    // Clients come back and are told what they have that the history has not.
    private void EndAllStreams() => Shedder.TryShed(100, TimeSpan.Zero, out _);
}
