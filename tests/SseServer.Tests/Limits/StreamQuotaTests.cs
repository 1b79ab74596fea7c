using System.Net;
using SseServer.Endpoints;

namespace SseServer.Tests.Limits;

public sealed class StreamQuotaTests
{
    private static readonly ClientKey Ann = ClientKey.Of("ann", IPAddress.Loopback);
    private static readonly ClientKey Bob = ClientKey.Of("bob", IPAddress.Loopback);

    [Test]
    public void Each_client_has_its_own_share()
    {
        var quota = new StreamQuota(new LimitOptions { MaxStreamsPerClient = 1 });
        Assert.That(quota.TryTake(Ann, 1, 0, out var share), Is.EqualTo(LimitKind.None));
        Assert.That(quota.TryTake(Ann, 1, 0, out _), Is.EqualTo(LimitKind.StreamsPerClient));
        Assert.That(quota.TryTake(Bob, 1, 0, out _), Is.EqualTo(LimitKind.None));
        quota.Return(share);
        Assert.That(quota.TryTake(Ann, 1, 0, out _), Is.EqualTo(LimitKind.None));
    }

    [Test]
    public void What_is_refused_takes_nothing()
    {
        var quota = new StreamQuota(new LimitOptions { MaxStreams = 3, MaxTopicsPerClient = 2, MaxPatternsPerClient = 1 });
        quota.TryTake(Ann, 1, 0, out _);
        Assert.That(quota.TryTake(Ann, 2, 0, out _), Is.EqualTo(LimitKind.TopicsPerClient));
        Assert.That(quota.TryTake(Ann, 1, 2, out _), Is.EqualTo(LimitKind.PatternsPerClient));
        Assert.That(quota.TryTake(Bob, 3, 0, out _), Is.EqualTo(LimitKind.TopicsPerClient));
        Assert.That((quota.Streams, quota.Clients), Is.EqualTo((1, 1)));
        Assert.That(quota.TryTake(Ann, 1, 1, out _), Is.EqualTo(LimitKind.None));
    }

    [Test]
    public void Without_limits_no_client_is_remembered()
    {
        var quota = new StreamQuota(LimitOptions.None);
        for (var i = 0; i < 100; i++) Assert.That(quota.TryTake(Ann, 1000, 1000, out _), Is.EqualTo(LimitKind.None));
        Assert.That((quota.Streams, quota.Clients), Is.EqualTo((100, 0)));
    }

    [Test]
    public async Task Racing_streams_never_exceed_a_limit_and_all_is_given_back()
    {
        var quota = new StreamQuota(new LimitOptions { MaxStreams = 7, MaxStreamsPerClient = 5 });
        var (mostOfAnn, most, open, openOfAnn) = (0, 0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                if (quota.TryTake(number < 6 ? Ann : Bob, 1, 1, out var share) != LimitKind.None) continue;
                Raise(ref most, Interlocked.Increment(ref open));
                if (number < 6) Raise(ref mostOfAnn, Interlocked.Increment(ref openOfAnn));
                if (number < 6) Interlocked.Decrement(ref openOfAnn);
                Interlocked.Decrement(ref open);
                quota.Return(share);
            }
        })));
        Assert.That(most, Is.LessThanOrEqualTo(7));
        Assert.That(mostOfAnn, Is.LessThanOrEqualTo(5));
        Assert.That((quota.Streams, quota.Clients), Is.EqualTo((0, 0)));
    }

    private static void Raise(ref int highest, int value)
    {
        for (var seen = Volatile.Read(ref highest); value > seen; seen = Volatile.Read(ref highest))
            if (Interlocked.CompareExchange(ref highest, value, seen) == seen) return;
    }
}
