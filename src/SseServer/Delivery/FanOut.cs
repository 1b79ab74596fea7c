using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Delivery;

/// <summary>
/// Delivery as a whole: the shards that serve subscriptions, and what they share. A shard is a thread with a share of the subscriptions; it
/// alone touches them, so serving needs no lock.
/// <para>
/// Top down: <see cref="FanOutShard"/> (turns), <see cref="Pump"/> (one turn of one subscription: which source, send, position),
/// <see cref="FrameSource"/> (where frames come from), <see cref="ShardWriter"/> (everything else that is written to a stream),
/// <see cref="Subscription"/> (the state). Also <see cref="CursorPlacement"/> (where a subscription begins and continues),
/// <see cref="StoreReaderPool"/> (pages of the store), <see cref="Shedder"/> (drains). Knows Catalog, Log and History; Publishing knows it
/// only as <see cref="IFanOut"/>.
/// </para>
/// </summary>
internal sealed class FanOut : IFanOut, IDisposable
{
    private readonly FanOutShard[] _shards;
    private int _nextShard;

    /// <param name="catalog">The logs.</param>
    /// <param name="times">The reconnection times sent to clients.</param>
    /// <param name="replays">Reads the store; null without one.</param>
    /// <param name="faults">Takes our own bugs.</param>
    public FanOut(TopicCatalog catalog, ReconnectionTimes times, StoreReaderPool? replays, Faults faults)
    {
        Replays = replays;
        Pinned = new(catalog.Budget);
        Placement = new(catalog);
        _shards = new FanOutShard[catalog.Options.Shards];
        for (var i = 0; i < _shards.Length; i++) _shards[i] = new FanOutShard(i, catalog, Placement, Pinned, times, replays, faults);
    }

    /// <summary>Reads the store for subscriptions; null without a store.</summary>
    public StoreReaderPool? Replays { get; }

    /// <summary>Memory that pending writes keep alive besides history.</summary>
    public PinnedHistory Pinned { get; }

    /// <summary>Finds where subscriptions begin and continue.</summary>
    public CursorPlacement Placement { get; }

    /// <summary>Streams served.</summary>
    public int Streams => _shards.Sum(shard => shard.Count);

    public void Start()
    {
        Replays?.Start();
        foreach (var shard in _shards) shard.Start();
    }

    /// <summary>Assigns a subscription to a shard, in turns.</summary>
    public void Assign(Subscription subscription)
        => subscription.Inbox = _shards[(uint)Interlocked.Increment(ref _nextShard) % (uint)_shards.Length].Inbox;

    public void Notify(List<EventLog> logs, bool mayServe)
    {
        if (Pinned.IsOverBound) Pinned.CutLongest();
        // Orders the new head before the reads of the groups: without it, this thread may miss a subscriber that is joining while that one
        // misses the new head, and the event would wait for the next one.
        Interlocked.MemoryBarrier();
        Span<int> due = stackalloc int[_shards.Length];
        due.Clear();
        var total = MarkDirty(logs, due);
        for (var i = 0; i < due.Length; i++)
        {
            if (due[i] == 0) continue;
            if (mayServe) _shards[i].ServeOrWake(total);
            else _shards[i].Inbox.Wake();
        }
    }

    public bool IsFarBehind(EventLog log)
    {
        foreach (var group in log.Groups)
            if (group is SubscriberGroup { IsFarBehind: true }) return true;
        return false;
    }

    public async Task CatchUpAsync(EventLog log)
    {
        for (var i = 0; i < _shards.Length; i++)
            while (log.Groups[i] is SubscriberGroup { IsFarBehind: true }) await _shards[i].Inbox.NextPass();
    }

    public async Task NextPassAsync()
    {
        foreach (var shard in _shards) await shard.Inbox.NextPass();
    }

    /// <summary>Each second: heartbeats, lifetimes, and connections that pin too much memory.</summary>
    public void Sweep()
    {
        foreach (var shard in _shards) shard.Inbox.RequestSweep();
        if (Pinned.IsOverBound) Pinned.CutLongest();
    }

    /// <summary>Streams served, by shard.</summary>
    public int[] StreamsByShard() => Array.ConvertAll(_shards, shard => shard.Count);

    /// <summary>Has every shard end its part of the streams.</summary>
    public void Begin(ShedPlan plan)
    {
        foreach (var shard in _shards) shard.Begin(plan);
    }

    /// <summary>Has every shard take the next step of its plan.</summary>
    public void RequestStep()
    {
        foreach (var shard in _shards) shard.Inbox.RequestStep();
    }

    /// <summary>The counters of all shards together.</summary>
    public ShardCounters Count()
    {
        var sum = new ShardCounters();
        foreach (var shard in _shards) sum.Add(shard.Counters);
        return sum;
    }

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
        Replays?.Dispose();
    }

    /// <summary>
    /// Marks the groups of some logs dirty; counts the subscribers of those that were not dirty yet, by shard and in all.
    /// </summary>
    private int MarkDirty(List<EventLog> logs, Span<int> due)
    {
        var total = 0;
        foreach (var log in logs)
        {
            var groups = log.Groups;
            for (var i = 0; i < groups.Length; i++)
            {
                if (Volatile.Read(ref groups[i]) is not SubscriberGroup { Count: var subscribers and > 0 } group) continue;
                if (!_shards[i].Inbox.MarkDirty(group)) continue;
                due[i] += subscribers;
                total += subscribers;
            }
        }

        return total;
    }
}
