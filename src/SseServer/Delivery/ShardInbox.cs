namespace SseServer.Delivery;

/// <summary>
/// What other threads hand a shard, and who may run it. Work comes on two lock-free stacks (signalled subscriptions, dirty subscriber
/// groups) and as two flags (a sweep, a step of a drain or shed); signals coalesce, so ten publishes during a pass are one more pass.
/// Running a shard is exclusive, by compare-and-swap: its own thread does it, or a publisher for a moment.
/// <para>
/// The one rule of every fence here: each side first stores what the other must see (work, or "asleep", or "free"), then fences, then reads
/// what the other has stored. With less than a full fence both can look before either's store is visible: then no thread is woken, and the
/// work waits until the next event.
/// </para>
/// </summary>
internal sealed class ShardInbox(int shard) : IDisposable
{
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private Subscription? _signalled;
    private SubscriberGroup? _dirty;
    private Subscription? _takenSignals;
    private SubscriberGroup? _takenDirty;
    private TaskCompletionSource? _passWaiters;
    private int _owner;
    private int _asleep;
    private int _sweepDue;
    private int _stepDue;
    private int _localWork;
    private bool _stopping;

    /// <summary>The shard's index among all, and that of its groups among a log's.</summary>
    public int Shard { get; } = shard;

    /// <summary>The shard is to end.</summary>
    public bool IsStopping => Volatile.Read(ref _stopping);

    /// <summary>There is something to run the shard for.</summary>
    public bool HasWork => Volatile.Read(ref _signalled) is not null || Volatile.Read(ref _dirty) is not null
        || Volatile.Read(ref _sweepDue) != 0 || Volatile.Read(ref _stepDue) != 0 || Volatile.Read(ref _localWork) != 0
        || Volatile.Read(ref _passWaiters) is not null;

    /// <summary>Nothing waits but dirty groups: a publisher that runs the shard serves only what it has published.</summary>
    public bool HasOnlyDirty => Volatile.Read(ref _localWork) == 0 && Volatile.Read(ref _signalled) is null;

    /// <summary>Queues a subscription with new signals and wakes the shard.</summary>
    public void Post(Subscription subscription)
    {
        Subscription? top;
        do subscription.NextSignalled = top = Volatile.Read(ref _signalled);
        while (Interlocked.CompareExchange(ref _signalled, subscription, top) != top);
        // Without it a shard that falls asleep meanwhile misses the signal: a stream would not begin, not end, or stay blocked.
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>
    /// Marks a group dirty. True if it was not marked yet, so that the shard must be woken: the publisher does that, outside the lock.
    /// </summary>
    public bool MarkDirty(SubscriberGroup group)
    {
        if (!group.TryMarkDirty()) return false;
        SubscriberGroup? top;
        do group.NextDirty = top = Volatile.Read(ref _dirty);
        while (Interlocked.CompareExchange(ref _dirty, group, top) != top);
        return true;
    }

    /// <summary>Asks for a sweep over all subscriptions.</summary>
    public void RequestSweep() => Request(ref _sweepDue);

    /// <summary>Asks for a step of a drain or shed.</summary>
    public void RequestStep() => Request(ref _stepDue);

    /// <summary>Completes when the shard has completed one more pass.</summary>
    public Task NextPass()
    {
        var waiters = Volatile.Read(ref _passWaiters);
        if (waiters is null)
        {
            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters = Interlocked.CompareExchange(ref _passWaiters, created, null) ?? created;
        }

        // Without it a shard that falls asleep meanwhile makes no pass, and the publisher that waits for one waits until the next event.
        Interlocked.MemoryBarrier();
        Wake();
        return waiters.Task;
    }

    /// <summary>Has the shard's thread end.</summary>
    public void Stop()
    {
        Volatile.Write(ref _stopping, true);
        // Without it the thread may fall asleep without seeing the stop, and the caller that disposes the shard would wait for it forever.
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>Wakes the shard's thread if it is asleep. After a fence that follows the store of the work.</summary>
    public void Wake()
    {
        // Only the thread that clears the flag sets the event, so it is set once per sleep.
        if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1) _wake.Set();
    }

    /// <summary>
    /// Sleeps until there is work that no other thread is doing, or the shard is to stop. On the shard's thread, not running the shard.
    /// </summary>
    public void WaitForWork()
    {
        Volatile.Write(ref _asleep, 1);
        // Without it this thread may look for work before others see that it sleeps: they would not wake it, and it would not find their
        // work.
        Interlocked.MemoryBarrier();
        var mayRun = HasWork && Volatile.Read(ref _owner) == 0;
        if ((mayRun || IsStopping) && Interlocked.Exchange(ref _asleep, 0) == 1) return;
        _wake.Wait();
        _wake.Reset();
    }

    /// <summary>Takes the right to run the shard, unless another thread has it.</summary>
    public bool TryEnter() => Volatile.Read(ref _owner) == 0 && Interlocked.CompareExchange(ref _owner, 1, 0) == 0;

    /// <summary>Gives up the right to run the shard. On the shard's thread, which looks for work again before it sleeps.</summary>
    public void Leave() => Volatile.Write(ref _owner, 0);

    /// <summary>Gives up the right to run the shard. On any other thread.</summary>
    public void LeaveToThread()
    {
        Leave();
        // The shard's thread may have gone to sleep over work because this one was running the shard: it fenced, then read the owner.
        // Without a fence here too, this thread may miss that work, and no thread would run the shard.
        Interlocked.MemoryBarrier();
        if (HasWork) Wake();
    }

    /// <summary>Takes over the subscriptions signalled by now, for <see cref="NextSignalled"/>. Only who runs the shard.</summary>
    public void TakeSignalled()
    {
        if (_takenSignals is null && Volatile.Read(ref _signalled) is not null)
            _takenSignals = Reverse(Interlocked.Exchange(ref _signalled, null));
    }

    /// <summary>The next subscription that was taken over. What a pass leaves, because it was cut short, the next one gets.</summary>
    public Subscription? NextSignalled()
    {
        if (_takenSignals is not { } subscription) return null;
        _takenSignals = subscription.NextSignalled;
        subscription.NextSignalled = null;
        return subscription;
    }

    /// <summary>Takes over the groups marked dirty by now, for <see cref="NextDirty"/>. Only who runs the shard.</summary>
    public void TakeDirty()
    {
        if (Volatile.Read(ref _dirty) is not null && _takenDirty is null) _takenDirty = Interlocked.Exchange(ref _dirty, null);
    }

    /// <summary>The next group that was taken over, its mark taken back.</summary>
    public SubscriberGroup? NextDirty()
    {
        if (_takenDirty is not { } group) return null;
        _takenDirty = group.NextDirty;
        group.NextDirty = null;
        group.TakeDirtyMark();
        return group;
    }

    /// <summary>Whether a sweep is due; it counts as done.</summary>
    public bool TakeSweep() => Volatile.Read(ref _sweepDue) != 0 && Interlocked.Exchange(ref _sweepDue, 0) != 0;

    /// <summary>Whether a step of a drain or shed is due; it counts as done.</summary>
    public bool TakeStep() => Volatile.Read(ref _stepDue) != 0 && Interlocked.Exchange(ref _stepDue, 0) != 0;

    /// <summary>Has the next pass take another step. Only who runs the shard, which looks for work before it leaves.</summary>
    public void ContinueStep() => Volatile.Write(ref _stepDue, 1);

    /// <summary>Sets how much work the pass leaves to the next one, besides what was taken over.</summary>
    public void SetLocalWork(int queued)
        => Volatile.Write(ref _localWork, queued + (_takenSignals is null ? 0 : 1) + (_takenDirty is null ? 0 : 1));

    /// <summary>Completes the tasks of <see cref="NextPass"/>.</summary>
    public void CompletePass()
    {
        if (Volatile.Read(ref _passWaiters) is not null) Interlocked.Exchange(ref _passWaiters, null)?.SetResult();
    }

    public void Dispose() => _wake.Dispose();

    private void Request(ref int due)
    {
        Volatile.Write(ref due, 1);
        // Without it a shard that falls asleep meanwhile misses the request, and heartbeats or ends come a second late.
        Interlocked.MemoryBarrier();
        Wake();
    }

    // The stack has the newest first, but the first to arrive are served first.
    private static Subscription? Reverse(Subscription? stack)
    {
        Subscription? reversed = null;
        while (stack is not null) (stack.NextSignalled, reversed, stack) = (reversed, stack, stack.NextSignalled);
        return reversed;
    }
}
