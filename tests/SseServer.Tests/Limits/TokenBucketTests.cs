using SseServer.Endpoints;

namespace SseServer.Tests.Limits;

/// <summary>A bucket that gains one event in 10 ticks and holds 5.</summary>
public sealed class TokenBucketTests
{
    private const long PerEvent = 10;
    private const long Burst = 5 * PerEvent;

    [Test]
    public void Full_bucket_gives_its_burst_and_then_one_at_a_time()
    {
        var bucket = new TokenBucket();
        for (var i = 0; i < 5; i++) Assert.That(bucket.TryTake(1000, PerEvent, Burst), Is.Zero);
        Assert.That(bucket.TryTake(1000, PerEvent, Burst), Is.EqualTo(10));
        Assert.That(bucket.TryTake(1004, PerEvent, Burst), Is.EqualTo(6));
        Assert.That(bucket.TryTake(1010, PerEvent, Burst), Is.Zero);
        Assert.That(bucket.TryTake(1010, PerEvent, Burst), Is.EqualTo(10));
    }

    [Test]
    public void What_is_refused_takes_nothing()
    {
        var bucket = new TokenBucket();
        bucket.TryTake(1000, 4 * PerEvent, Burst);
        for (var i = 0; i < 10; i++) Assert.That(bucket.TryTake(1000, 2 * PerEvent, Burst), Is.EqualTo(10));
        Assert.That(bucket.TryTake(1000, PerEvent, Burst), Is.Zero);
    }

    [Test]
    public void Pause_gains_no_more_than_the_burst()
    {
        var bucket = new TokenBucket();
        bucket.TryTake(1000, Burst, Burst);
        Assert.That(bucket.IsFull(1049), Is.False);
        Assert.That(bucket.IsFull(1050), Is.True);
        Assert.That(bucket.TryTake(1_000_000, Burst, Burst), Is.Zero);
        Assert.That(bucket.TryTake(1_000_000, PerEvent, Burst), Is.EqualTo(10));
    }

    [Test]
    public void Batch_above_the_burst_waits_for_a_full_bucket_and_leaves_debt()
    {
        var bucket = new TokenBucket();
        bucket.TryTake(1000, PerEvent, Burst);
        Assert.That(bucket.TryTake(1000, 20 * PerEvent, Burst), Is.EqualTo(10));
        Assert.That(bucket.TryTake(1010, 20 * PerEvent, Burst), Is.Zero);
        Assert.That(bucket.TryTake(1010, PerEvent, Burst), Is.EqualTo(20 * PerEvent - Burst + PerEvent));
    }

    [Test]
    public void Credit_is_given_at_once_and_paid_by_a_pause()
    {
        var bucket = new TokenBucket();
        Assert.That(bucket.Take(1000, Burst, Burst), Is.Zero);
        Assert.That(bucket.Take(1000, 3 * PerEvent, Burst), Is.EqualTo(30));
        Assert.That(bucket.Take(1030, PerEvent, Burst), Is.EqualTo(10));
    }

    [Test]
    public async Task Racing_takers_get_the_burst_and_no_more()
    {
        var bucket = new TokenBucket();
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
                if (bucket.TryTake(1000, 1, 20_000) == 0) Interlocked.Increment(ref taken);
        })));
        Assert.That(taken, Is.EqualTo(20_000));
    }
}
