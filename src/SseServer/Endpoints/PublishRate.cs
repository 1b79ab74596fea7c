using System.Collections.Concurrent;

namespace SseServer.Endpoints;

/// <summary>
/// Bounds how fast each publisher may publish, with a <see cref="TokenBucket"/> for everyone who has published recently. Finding a bucket
/// takes no lock and allocates nothing. Full buckets are removed when the table has doubled, at most once a second; when the table is full,
/// new publishers share one bucket. Safe on any thread.
/// </summary>
internal sealed class PublishRate(LimitOptions options, TimeProvider time)
{
    /// <summary>The most buckets at once: some megabytes.</summary>
    public const int MaxBuckets = 65_536;

    private const int FirstSweep = 1024;

    private readonly ConcurrentDictionary<ClientKey, TokenBucket> _buckets = new();
    private readonly TokenBucket _shared = new();
    private readonly Lock _gate = new();
    private readonly long _burst =
        TicksOf(options.PublishBurst == 0 ? options.PublishRate : options.PublishBurst, options.PublishRate, time);
    private int _count;
    private int _sweepAt = FirstSweep;
    private long _sweptAt;

    /// <summary>Whether rates are not bounded.</summary>
    public bool IsOff => options.PublishRate == 0;

    /// <summary>The number of buckets.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Takes events off the publisher's allowance, all or none; if false, <paramref name="wait"/> is the time until they can be taken.
    /// </summary>
    public bool TryTake(ClientKey publisher, int events, out TimeSpan wait)
    {
        var now = time.GetTimestamp();
        var ticks = BucketOf(publisher, now).TryTake(now, Cost(events), _burst);
        wait = SpanOf(ticks);
        return ticks == 0;
    }

    /// <summary>Returns whether events could be taken now; if false, <paramref name="wait"/> is the time until they can be.</summary>
    public bool CanTake(ClientKey publisher, int events, out TimeSpan wait)
    {
        var now = time.GetTimestamp();
        var ticks = _buckets.TryGetValue(publisher, out var bucket) ? bucket.WaitFor(now, Cost(events), _burst) : 0;
        wait = SpanOf(ticks);
        return ticks == 0;
    }

    /// <summary>Takes events, on credit if necessary; returns how long the publisher must pause.</summary>
    public TimeSpan Take(ClientKey publisher, int events)
    {
        var now = time.GetTimestamp();
        return SpanOf(BucketOf(publisher, now).Take(now, Cost(events), _burst));
    }

    /// <summary>Returns what a publisher may still publish now, and when it has its whole allowance again.</summary>
    public RateLimitFields StateOf(ClientKey publisher)
    {
        var owed = _buckets.TryGetValue(publisher, out var bucket) ? bucket.Owed(time.GetTimestamp()) : 0;
        var left = (double)Math.Max(0, _burst - owed) * options.PublishRate / time.TimestampFrequency;
        var burst = options.PublishBurst == 0 ? options.PublishRate : options.PublishBurst;
        // The division above may be off by less than a thousandth of an event.
        return new RateLimitFields(burst, SecondsOf(_burst), (long)(left + 0.001), SecondsOf(owed));
    }

    private long SecondsOf(long ticks) => (ticks + time.TimestampFrequency - 1) / time.TimestampFrequency;

    private static long TicksOf(int events, int rate, TimeProvider time)
        => rate == 0 ? 0 : (long)((double)events * time.TimestampFrequency / rate);

    private long Cost(int events) => TicksOf(events, options.PublishRate, time);

    // Rounded up to whole milliseconds, the resolution of timers.
    private TimeSpan SpanOf(long ticks) => TimeSpan.FromMilliseconds(Math.Ceiling(ticks * 1000.0 / time.TimestampFrequency));

    private TokenBucket BucketOf(ClientKey publisher, long now)
        => _buckets.TryGetValue(publisher, out var bucket) ? bucket : Add(publisher, now);

    private TokenBucket Add(ClientKey publisher, long now)
    {
        lock (_gate)
        {
            if (_buckets.TryGetValue(publisher, out var bucket)) return bucket;
            if (_count >= _sweepAt && now > _sweptAt + time.TimestampFrequency) SweepUnderLock(now);
            if (_count >= MaxBuckets) return _shared;
            bucket = new TokenBucket();
            _buckets.TryAdd(publisher, bucket);
            _count++;
            return bucket;
        }
    }

    // A publisher whose bucket is used while it is being removed gets one extra burst, once.
    private void SweepUnderLock(long now)
    {
        foreach (var (publisher, bucket) in _buckets)
            if (bucket.IsFull(now) && _buckets.TryRemove(publisher, out _)) _count--;
        _sweptAt = now;
        _sweepAt = Math.Clamp(_count * 2, FirstSweep, MaxBuckets);
    }
}
