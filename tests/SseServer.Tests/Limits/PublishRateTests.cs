using System.Net;
using SseServer.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Limits;

public sealed class PublishRateTests
{
    private readonly FakeTimeProvider _time = new();

    [Test]
    public void Each_publisher_has_its_own_allowance()
    {
        var rate = new PublishRate(new LimitOptions { PublishRate = 2 }, _time);
        var (ann, bob) = (ClientKey.Of("ann", IPAddress.Loopback), ClientKey.Of("bob", IPAddress.Loopback));
        Assert.That(rate.TryTake(ann, 2, out _), Is.True);
        Assert.That(rate.TryTake(ann, 1, out var wait), Is.False);
        Assert.That(wait, Is.EqualTo(TimeSpan.FromMilliseconds(500)));
        Assert.That(rate.TryTake(bob, 2, out _), Is.True);
        _time.Advance(wait);
        Assert.That(rate.TryTake(ann, 1, out _), Is.True);
    }

    [TestCase(0, 2)]
    [TestCase(5, 5)]
    [TestCase(1, 1)]
    public void Burst_is_a_seconds_worth_unless_it_is_set(int burst, int expected)
    {
        var rate = new PublishRate(new LimitOptions { PublishRate = 2, PublishBurst = burst }, _time);
        var taken = 0;
        while (rate.TryTake(ClientKey.Of("ann", IPAddress.Loopback), 1, out _)) taken++;
        Assert.That(taken, Is.EqualTo(expected));
    }

    [Test]
    public void Departed_publishers_leave_nothing_behind()
    {
        var rate = new PublishRate(new LimitOptions { PublishRate = 100 }, _time);
        for (var i = 0; i < 20_000; i++)
        {
            rate.TryTake(ClientNumber(i), 1, out _);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.That(rate.Count, Is.LessThanOrEqualTo(1024));
    }

    [Test]
    public void Table_is_bounded_and_newcomers_beyond_it_share_an_allowance()
    {
        var rate = new PublishRate(new LimitOptions { PublishRate = 1, PublishBurst = 1 }, _time);
        for (var i = 0; i < PublishRate.MaxBuckets; i++) Assert.That(rate.TryTake(ClientNumber(i), 1, out _), Is.True);
        Assert.That(rate.TryTake(ClientNumber(PublishRate.MaxBuckets), 1, out _), Is.True);
        Assert.That(rate.TryTake(ClientNumber(PublishRate.MaxBuckets + 1), 1, out _), Is.False);
        Assert.That(rate.Count, Is.EqualTo(PublishRate.MaxBuckets));

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(rate.TryTake(ClientNumber(PublishRate.MaxBuckets + 1), 1, out _), Is.True);
        Assert.That(rate.Count, Is.EqualTo(1));
    }

    [Test]
    public void Known_publisher_costs_no_allocation()
    {
        var rate = new PublishRate(new LimitOptions { PublishRate = 1_000_000 }, _time);
        var address = IPAddress.Parse("2001:db8::1");
        rate.TryTake(ClientKey.Of(null, address), 1, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) rate.TryTake(ClientKey.Of(null, address), 1, out _);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1000));
    }

    private static ClientKey ClientNumber(int number) => ClientKey.Of(null, new IPAddress(number));
}
