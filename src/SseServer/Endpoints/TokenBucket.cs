namespace SseServer.Endpoints;

/// <summary>
/// One publisher's allowance as a single number: the time at which its bucket will be full again. The time until then is what it has spent
/// (the generic cell rate algorithm, ITU-T I.371 annex A). A request for more than the bucket holds succeeds when the bucket is full, and
/// leaves debt. Safe on any thread.
/// </summary>
internal sealed class TokenBucket
{
    private long _fullAt;

    /// <summary>Whether the bucket is full, and so equal to a new one.</summary>
    public bool IsFull(long now) => Volatile.Read(ref _fullAt) <= now;

    /// <summary>Returns the ticks until the bucket is full; 0 if it is.</summary>
    public long Owed(long now) => Math.Max(0, Volatile.Read(ref _fullAt) - now);

    /// <summary>Takes <paramref name="cost"/> if the bucket holds that much or is full.</summary>
    /// <param name="now">The current time, in the clock's ticks.</param>
    /// <param name="cost">The ticks in which the bucket gains what is taken.</param>
    /// <param name="burst">The ticks in which an empty bucket fills.</param>
    /// <returns>0 if it was taken; otherwise the ticks until it can be.</returns>
    public long TryTake(long now, long cost, long burst)
    {
        while (true)
        {
            var fullAt = Volatile.Read(ref _fullAt);
            var wait = WaitFor(fullAt, now, cost, burst);
            if (wait > 0) return wait;
            if (Interlocked.CompareExchange(ref _fullAt, Math.Max(fullAt, now) + cost, fullAt) == fullAt) return 0;
        }
    }

    /// <summary>Returns the ticks until <paramref name="cost"/> could be taken; 0 if it could be now.</summary>
    /// <inheritdoc cref="TryTake"/>
    public long WaitFor(long now, long cost, long burst) => WaitFor(Volatile.Read(ref _fullAt), now, cost, burst);

    /// <summary>Takes <paramref name="cost"/> whatever the bucket holds; returns the ticks until the debt, if any, is paid.</summary>
    /// <inheritdoc cref="TryTake"/>
    public long Take(long now, long cost, long burst)
    {
        while (true)
        {
            var fullAt = Volatile.Read(ref _fullAt);
            var next = Math.Max(fullAt, now) + cost;
            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt) return Math.Max(0, next - now - burst);
        }
    }

    private static long WaitFor(long fullAt, long now, long cost, long burst)
        => Math.Max(0, Math.Max(fullAt, now) - now - (burst - Math.Min(cost, burst)));
}
