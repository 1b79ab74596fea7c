using SseServer.Hub;
using SseServer.Tests.Hub.Support;

namespace SseServer.Tests.Hub;

/// <summary>
/// 100,000 clients come back after their streams ended: each at the end of its stream, plus the reconnection time it was told last, plus a network's delay. The rate of each
/// second from the first return is held against the mean over the whole time of their return.
/// </summary>
[NonParallelizable]
internal sealed class ReturnTests
{
    private const int Clients = 100_000;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    [TestCase(0, 20)]
    [TestCase(4, 20)]
    [TestCase(24, 24)]
    public void After_a_drain_no_second_has_twice_the_mean(int period, int window)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 });
        var crowd = Gather(hub, Clients);

        hub.Hub.BeginDrain(TimeSpan.FromSeconds(period));
        Pass(hub, crowd, TimeSpan.FromSeconds(period));

        Assert.That(hub.Hub.SubscriptionCount, Is.Zero);
        var seconds = Returns(crowd, $"a drain over {period} s");
        Assert.That(seconds, Has.Count.InRange(window, window + 3));
    }

    [Test]
    public void After_a_shed_no_second_has_twice_the_mean()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 });
        var crowd = Gather(hub, Clients);

        Assert.That(hub.Hub.TryShed(20, TimeSpan.FromSeconds(10), out var streams), Is.True);
        Pass(hub, crowd, TimeSpan.FromSeconds(10));

        Assert.That((streams, hub.Hub.SubscriptionCount), Is.EqualTo((Clients / 5, Clients - Clients / 5)));
        Assert.That(hub.Hub.CountShards().Shed, Is.EqualTo(Clients / 5));
        Returns(crowd.Where(client => client.Ended is not null), "a shed of 20 % over 10 s");
        for (var tenth = 0; tenth < 10; tenth++)
            Assert.That(crowd.Skip(tenth * Clients / 10).Take(Clients / 10).Count(client => client.Ended is not null), Is.EqualTo(Clients / 50).Within(2), "old and young alike");
    }

    // Nobody told them anything at the end, so they come back by their greeting: soon, and all within half of Streams:Retry.
    [TestCase(0.0, 2)]
    [TestCase(1.0, 7)]
    public void After_a_crash_they_come_back_by_the_time_of_their_greeting(double load, int seconds)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 });
        hub.Hub.Load = load;
        var crowd = Gather(hub, Clients);

        foreach (var client in crowd) client.PeerLost();
        Eventually.True(() => hub.Hub.SubscriptionCount == 0);

        Assert.That(Returns(crowd, $"a crash under load {load}"), Has.Count.EqualTo(seconds));
    }

    private static ReturningSubscription[] Gather(TestHub hub, int clients)
    {
        var crowd = new ReturningSubscription[clients];
        for (var i = 0; i < clients; i++)
        {
            hub.Hold(crowd[i] = new ReturningSubscription(hub.Time), ResumePoint.Head, "a");
            EventHub.Join(crowd[i]);
        }

        Eventually.True(() => hub.Hub.SubscriptionCount == clients);
        Settle(crowd);
        return crowd;
    }

    private static void Pass(TestHub hub, ReturningSubscription[] crowd, TimeSpan period)
    {
        Settle(crowd);
        for (var passed = TimeSpan.Zero; passed < period; passed += Step)
        {
            hub.Time.Advance(Step);
            Settle(crowd);
        }
    }

    // Two that follow each other are of both shards.
    private static void Settle(ReturningSubscription[] crowd)
    {
        foreach (var client in crowd.AsSpan(0, 2)) TestHub.Settle(client);
    }

    /// <summary>Returns by second, having held the fullest one against the mean.</summary>
    private static List<int> Returns(IEnumerable<ReturningSubscription> clients, string after)
    {
        var random = new Random(20251122);
        var returns = clients.Select(client => client.Ended!.Value + client.RetryMilliseconds + random.Next(5, 200)).ToList();
        var (first, last) = (returns.Min(), returns.Max());
        var seconds = new int[(last - first) / 1000 + 1].ToList();
        foreach (var time in returns) seconds[(int)((time - first) / 1000)]++;
        var mean = returns.Count / ((last - first) / 1000.0);
        TestContext.Out.WriteLine($"{returns.Count} clients after {after}: back within {(last - first) / 1000.0:f1} s, mean {mean:f0} and most {seconds.Max()} a second, {seconds.Max() / mean:f2} times the mean");
        Assert.That(seconds.Max(), Is.LessThanOrEqualTo(2 * mean));
        return seconds;
    }
}
