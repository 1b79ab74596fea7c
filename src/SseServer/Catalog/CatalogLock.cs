using System.Diagnostics;

namespace SseServer.Catalog;

/// <summary>
/// The one lock of the engine: everything in Catalog, and all writing to logs, is done under it. Cursors read without it.
/// <para>
/// The runtime's lock favours a thread that takes it again at once: a waiter that was woken finds it taken, for up to 100 ms at a time. So
/// background work, which takes the lock many times in a row, calls <see cref="GiveWay()"/> between two holds, so that waiting publishers
/// and shards go first.
/// </para>
/// </summary>
internal sealed class CatalogLock
{
    // A waiter gets the lock as soon as it runs; on a busy machine that may take a few of the scheduler's slices.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private int _waiting;
    private int _turns;

    /// <summary>The work done under the present hold. Under the lock.</summary>
    public HoldWork Work { get; } = new();

    /// <summary>Whether the calling thread has the lock.</summary>
    public bool IsHeld => _gate.IsHeldByCurrentThread;

    /// <summary>Whether a publisher or a shard waits for the lock.</summary>
    internal bool IsWaitedFor => Volatile.Read(ref _waiting) > 0;

    /// <summary>Takes the lock, ahead of background work. Dispose the result to release it.</summary>
    public Hold Enter()
    {
        if (!_gate.TryEnter()) Wait();
        Work.Begin();
        return new(_gate);
    }

    /// <summary>Takes the lock for background work.</summary>
    public Hold EnterInBackground()
    {
        _gate.Enter();
        Work.Begin();
        return new(_gate);
    }

    /// <summary>Lets a waiter have the lock, if there is one. Called without the lock.</summary>
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

    private void Wait()
    {
        Interlocked.Increment(ref _waiting);
        _gate.Enter();
        Volatile.Write(ref _turns, _turns + 1);
        Interlocked.Decrement(ref _waiting);
    }

    /// <summary>The lock, held.</summary>
    internal readonly ref struct Hold(Lock gate)
    {
        public void Dispose() => gate.Exit();
    }
}
