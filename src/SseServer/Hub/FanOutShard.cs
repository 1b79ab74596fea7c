using System.Buffers;

namespace SseServer.Hub;

/// <summary>
/// Serves some of the hub's subscriptions: everything that is written to their connections is written here. A shard is exclusive
/// execution, taken by compare-and-swap: by its own thread, or by a publisher for a few due readers, so that a lone subscriber is
/// served without a hop to another thread. Other threads hand it work through two lock-free stacks (signalled
/// subscriptions, dirty reader groups); signals coalesce, so ten publishes during a pass are one more pass.
/// </summary>
internal sealed partial class FanOutShard : IDisposable
{
    /// <summary>Readers a publisher serves on its own thread at most.</summary>
    public const int InlineReaders = 4;

    // What one reader gets at most in a turn: some milliseconds of a fast link, a fraction of one of this CPU's.
    private const int TurnBytes = 128 * 1024;

    // Readers of one group visited in a turn before another topic has its turn: about two milliseconds of sends.
    private const int TurnVisits = 256;

    // Readers that catch up get this many turns between two turns of live ones.
    private const int CatchUpTurns = 4;

    private readonly EventHub _hub;
    private readonly int _index;
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private readonly Queue<ReaderGroup> _live = new();
    private readonly Queue<Subscription> _catchingUp = new();
    private readonly ArrayBufferWriter<byte> _block = new(256);
    private readonly Thread _thread;
    private readonly long _heartbeatInterval;
    private Subscription[] _subscriptions = new Subscription[16];
    private ShardCounters _counters;
    private int _count;
    private long _now;

    private Subscription? _signalled;
    private ReaderGroup? _dirty;
    private int _owner;
    private int _asleep;
    private int _tickDue;
    private int _localWork;
    private Subscription? _takenSignals;
    private ReaderGroup? _takenDirty;
    private bool _stopping;
    private TaskCompletionSource? _passWaiters;

    public FanOutShard(EventHub hub, int index)
    {
        _hub = hub;
        _index = index;
        _heartbeatInterval = (long)hub.Options.HeartbeatInterval.TotalMilliseconds;
        _thread = new Thread(Run) { IsBackground = true, Name = $"fan-out {index}" };
    }

    /// <summary>Subscriptions served.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What was done so far; each number as it was at some moment.</summary>
    public ShardCounters Counters => _counters;

    public void Start() => _thread.Start();

    /// <summary>Queues a subscription with new signals and sees that they are served.</summary>
    public void Post(Subscription subscription)
    {
        Push(ref _signalled, subscription);
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>Marks a group dirty; true where that was not yet known, so that the shard is owed a wake-up.</summary>
    public bool MarkDirty(ReaderGroup group)
    {
        if (!group.TryMarkDirty()) return false;
        ReaderGroup? top;
        do group.NextDirty = top = Volatile.Read(ref _dirty);
        while (Interlocked.CompareExchange(ref _dirty, group, top) != top);
        return true;
    }

    /// <summary>Serves what is due on the calling thread where that is little and nobody else is at it, or else wakes the shard's thread.</summary>
    public void ServeOrWake(int dueReaders)
    {
        var isIdle = Volatile.Read(ref _localWork) == 0 && Volatile.Read(ref _signalled) is null;
        if (dueReaders > InlineReaders || !isIdle || !TryEnter())
        {
            Wake();
            return;
        }

        try
        {
            Pass();
        }
        finally
        {
            // Also where memory ran out in the pass: else nobody could ever enter again.
            Exit();
        }
    }

    /// <summary>Asks for a sweep of heartbeats.</summary>
    public void Tick()
    {
        Volatile.Write(ref _tickDue, 1);
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>Completes when the shard has ended one more pass.</summary>
    public Task NextPass()
    {
        var waiters = Volatile.Read(ref _passWaiters);
        if (waiters is null)
        {
            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters = Interlocked.CompareExchange(ref _passWaiters, created, null) ?? created;
        }

        Interlocked.MemoryBarrier();
        Wake();
        return waiters.Task;
    }

    public void Dispose()
    {
        Volatile.Write(ref _stopping, true);
        Interlocked.MemoryBarrier();
        Wake();
        if (_thread.IsAlive) _thread.Join();
        _wake.Dispose();
    }

    private bool HasWork => Volatile.Read(ref _signalled) is not null || Volatile.Read(ref _dirty) is not null
        || Volatile.Read(ref _tickDue) != 0 || Volatile.Read(ref _stepDue) != 0 || Volatile.Read(ref _localWork) != 0 || Volatile.Read(ref _passWaiters) is not null;

    private void Run()
    {
        while (!Volatile.Read(ref _stopping))
        {
            if (HasWork && TryEnter())
            {
                do Pass();
                while (HasWork && !Volatile.Read(ref _stopping));
                Volatile.Write(ref _owner, 0);
            }

            Volatile.Write(ref _asleep, 1);
            // Without a full fence here and in those who hand over work, each side can miss the other's store and the work waits for the next.
            Interlocked.MemoryBarrier();
            var mayRun = HasWork && Volatile.Read(ref _owner) == 0;
            if ((mayRun || Volatile.Read(ref _stopping)) && Interlocked.Exchange(ref _asleep, 0) == 1) continue;
            _wake.Wait();
            _wake.Reset();
        }
    }

    // Whoever takes the mark sets the event, so it is set once a sleep.
    public void Wake()
    {
        if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1) _wake.Set();
    }

    private bool TryEnter() => Volatile.Read(ref _owner) == 0 && Interlocked.CompareExchange(ref _owner, 1, 0) == 0;

    private void Exit()
    {
        Volatile.Write(ref _owner, 0);
        // The shard's thread may have gone to sleep over work that this thread held: it looked at the owner after its own fence.
        Interlocked.MemoryBarrier();
        if (HasWork) Wake();
    }

    /// <summary>
    /// One pass: what was handed over, a turn for each dirty group, some turns for readers that catch up. Where it is cut short, as by a
    /// lack of memory, what it had taken up is
    /// the next one's.
    /// </summary>
    private void Pass()
    {
        try
        {
            _now = _hub.Milliseconds;
            TakeSignals();
            if (Volatile.Read(ref _tickDue) != 0 && Interlocked.Exchange(ref _tickDue, 0) != 0) Sweep();
            if (Volatile.Read(ref _stepDue) != 0 && Interlocked.Exchange(ref _stepDue, 0) != 0) TakeStep();
            TakeDirty();
            for (var groups = _live.Count; groups > 0; groups--) TakeTurnOfNext();
            for (var turns = Math.Min(CatchUpTurns, _catchingUp.Count); turns > 0; turns--)
            {
                var subscription = _catchingUp.Dequeue();
                subscription.IsQueued = false;
                if (!subscription.IsEnded) Serve(subscription, group: null);
            }
        }
        finally
        {
            var taken = (_takenSignals is null ? 0 : 1) + (_takenDirty is null ? 0 : 1);
            Volatile.Write(ref _localWork, _live.Count + _catchingUp.Count + taken);
        }

        if (Volatile.Read(ref _passWaiters) is not null) Interlocked.Exchange(ref _passWaiters, null)?.SetResult();
    }

    private void TakeTurnOfNext()
    {
        var group = _live.Dequeue();
        var isTaken = false;
        try
        {
            isTaken = TakeTurn(group);
        }
        finally
        {
            if (!isTaken) _live.Enqueue(group);
        }
    }

    /// <summary>Serves some readers of a group; false where the group is to have another turn.</summary>
    private bool TakeTurn(ReaderGroup group)
    {
        for (var visits = TurnVisits; group.Remaining > 0 && visits > 0; visits--)
        {
            group.Remaining--;
            var subscription = group[group.Remaining];
            if (!subscription.IsBusy && !subscription.IsQueued && !subscription.IsEnding) Serve(subscription, group);
        }

        if (group.Remaining > 0) return false;
        group.TryEndRound();
        if (!group.IsDueAgain) return true;
        group.BeginVisit(_hub.Head);
        return false;
    }

    private void TakeDirty()
    {
        if (Volatile.Read(ref _dirty) is not null && _takenDirty is null) _takenDirty = Interlocked.Exchange(ref _dirty, null);
        while (_takenDirty is { } group)
        {
            _takenDirty = group.NextDirty;
            group.NextDirty = null;
            group.TakeDirtyMark();
            if (group.Remaining > 0) group.IsDueAgain = true;
            else if (group.Count > 0)
            {
                group.BeginVisit(_hub.Head);
                _live.Enqueue(group);
            }
        }
    }

    private static void Push(ref Subscription? stack, Subscription subscription)
    {
        Subscription? top;
        do subscription.NextSignalled = top = Volatile.Read(ref stack);
        while (Interlocked.CompareExchange(ref stack, subscription, top) != top);
    }
}
