using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// 100,000 clients return after their streams ended: each at the end of its stream, plus the last reconnection time it was sent, plus a
/// network delay. The rate in each second from the first return on is compared with the mean over the whole time of their return.
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

        hub.Hub.Shedder.BeginDrain(TimeSpan.FromSeconds(period));
        Pass(hub, crowd, Clients, TimeSpan.FromSeconds(period));

        var seconds = Returns(crowd, $"a drain over {period} s");
        Assert.That(seconds, Has.Count.InRange(window, window + 3));
    }

    // For a lone server: its drain, until the rest is cut off, and its restart.
    [TestCase(0, 2.5, 20)]
    [TestCase(0.8, 3.3, 20)]
    [TestCase(4, 7, 20)]
    [TestCase(24, 32, 20)]
    public void After_a_restart_no_second_has_twice_the_mean_and_nobody_is_early(double period, double absence, int window)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 });
        var crowd = Gather(hub, Clients);
        var back = hub.Hub.Clock.Milliseconds + (long)(absence * 1000);

        hub.Hub.Shedder.BeginDrain(TimeSpan.FromSeconds(period), TimeSpan.FromSeconds(absence));
        Pass(hub, crowd, Clients, TimeSpan.FromSeconds(period));

        Assert.That(crowd.Min(client => client.Ended!.Value + client.RetryMilliseconds), Is.GreaterThanOrEqualTo(back));
        var seconds = Returns(crowd, $"a restart after a drain over {period} s");
        Assert.That(seconds, Has.Count.InRange(window, window + 3));
    }

    [Test]
    public void After_a_shed_no_second_has_twice_the_mean()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 });
        var crowd = Gather(hub, Clients);

        Assert.That(hub.Hub.Shedder.TryShed(20, TimeSpan.FromSeconds(10), out var streams), Is.True);
        Pass(hub, crowd, Clients / 5, TimeSpan.FromSeconds(10));

        Assert.That(streams, Is.EqualTo(Clients / 5));
        Assert.That(hub.Hub.FanOut.Count().Shed, Is.EqualTo(Clients / 5));
        Returns(crowd.Where(client => client.Ended is not null), "a shed of 20 % over 10 s");
        for (var tenth = 0; tenth < 10; tenth++)
            Assert.That(crowd.Skip(tenth * Clients / 10).Take(Clients / 10).Count(client => client.Ended is not null),
                Is.EqualTo(Clients / 50).Within(2), "old and young alike");
    }

    // They got nothing at the end, so they return by their greeting: soon, and all within half of Streams:Retry.
    [TestCase(0.0, 2)]
    [TestCase(1.0, 7)]
    public void After_a_crash_they_come_back_by_the_time_of_their_greeting(double load, int seconds)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2 });
        hub.Hub.Reconnection.Load = load;
        var crowd = Gather(hub, Clients);

        foreach (var client in crowd) client.PeerLost();
        WaitForEnds(hub, crowd, Clients);

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

        WaitForEnds(hub, crowd, 0);
        return crowd;
    }

    // Time advances once the streams that are due have ended, half of them in each shard.
    private static void Pass(TestHub hub, ReturningSubscription[] crowd, int leaving, TimeSpan period)
    {
        var plan = new ShedPlan
        {
            Begin = 0,
            PeriodMilliseconds = (long)period.TotalMilliseconds,
            MeanRetry = default,
            Stretch = default,
            Parts = []
        };
        for (var passed = TimeSpan.Zero; ; passed += Step, hub.Time.Advance(Step))
        {
            WaitForEnds(hub, crowd, 2 * plan.Due(leaving / 2, (long)passed.TotalMilliseconds));
            if (passed >= period) return;
        }
    }

    // Two consecutive streams are on different shards. A stream leaves the count a moment before its end is reported.
    private static void WaitForEnds(TestHub hub, ReturningSubscription[] crowd, int ended)
    {
        Eventually.True(() => hub.Hub.Streams == crowd.Length - ended, $"{ended} streams have ended");
        foreach (var client in crowd.AsSpan(0, 2)) TestHub.Settle(client);
    }

    /// <summary>Returns by second, after comparing the fullest one with the mean.</summary>
    private static List<int> Returns(IEnumerable<ReturningSubscription> clients, string after)
    {
        var random = new Random(20251122);
        var returns = clients.Select(client => client.Ended!.Value + client.RetryMilliseconds + random.Next(5, 200)).ToList();
        var (first, last) = (returns.Min(), returns.Max());
        var seconds = new int[(last - first) / 1000 + 1].ToList();
        foreach (var time in returns) seconds[(int)((time - first) / 1000)]++;
        var mean = returns.Count / ((last - first) / 1000.0);
        TestContext.Out.WriteLine(
            $"{returns.Count} clients after {after}: back within {(last - first) / 1000.0:f1} s, mean {mean:f0} "
            + $"and most {seconds.Max()} a second, {seconds.Max() / mean:f2} times the mean");
        Assert.That(seconds.Max(), Is.LessThanOrEqualTo(2 * mean));
        return seconds;
    }
}
