using System.Diagnostics;

namespace SseServer.Catalog;

/// <summary>
/// Turns at the hub's lock. The runtime's lock favours a thread that takes it again at once: a waiter that was woken finds it taken, for
/// up to 100 ms at a time. So background work, which takes the lock hold after hold, gives way between two holds to publishers and shards
/// that wait for it.
/// </summary>
internal sealed class LockTurns(Lock gate)
{
    // A waiter gets the lock as soon as it runs; where processors are short, that may take a few of the scheduler's slices.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private int _waiting;
    private int _turns;

    /// <summary>Takes the lock, ahead of background work. Dispose the result to leave it.</summary>
    public Hold Enter()
    {
        if (!gate.TryEnter()) Wait();
        return new(gate);
    }

    /// <summary>Lets one of those have the lock who wait for it now, if there are any. Called without the lock.</summary>
    public void GiveWay() => GiveWay(Patience);

    /// <param name="limit">How long to wait at most.</param>
    internal void GiveWay(TimeSpan limit)
    {
        var turns = Volatile.Read(ref _turns);
        if (Volatile.Read(ref _waiting) == 0) return;
        var start = Stopwatch.GetTimestamp();
        do Thread.Sleep(1);
        while (Volatile.Read(ref _waiting) > 0 && Volatile.Read(ref _turns) == turns && Stopwatch.GetElapsedTime(start) < limit);
    }

    /// <summary>Whether somebody waits.</summary>
    internal bool IsWaitedFor => Volatile.Read(ref _waiting) > 0;

    private void Wait()
    {
        Interlocked.Increment(ref _waiting);
        gate.Enter();
        Volatile.Write(ref _turns, _turns + 1);
        Interlocked.Decrement(ref _waiting);
    }

    /// <summary>The lock, held.</summary>
    internal readonly ref struct Hold(Lock gate)
    {
        public void Dispose() => gate.Exit();
    }
}
