using SseServer.Delivery;
using SseServer.Hosting;
using SseServer.Hub;

namespace SseServer.Tests.Limits;

public sealed class RetryPacingTests
{
    [TestCase(3000, 0.0, 2250)]
    [TestCase(3000, 0.5, 3000)]
    [TestCase(3000, 0.999999, 3749)]
    [TestCase(0, 0.5, 1)]
    public void Reconnection_times_lie_within_a_quarter_of_their_mean(int mean, double random, int expected)
        => Assert.That(RetryPacing.Jitter(TimeSpan.FromMilliseconds(mean), random), Is.EqualTo(expected));

    [TestCase(3000, 0.0, 3000)]
    [TestCase(3000, 0.8, 3000)]
    [TestCase(3000, 0.9, 7500)]
    [TestCase(3000, 1.0, 12_000)]
    [TestCase(3000, 1.5, 12_000)]
    [TestCase(30_000, 0.9, 60_000, Description = "load goes to the longest and not beyond")]
    [TestCase(90_000, 1.0, 90_000, Description = "what is set holds")]
    public void Mean_grows_to_four_times_as_the_last_fifth_of_room_goes(int usual, double load, int expected)
        => Assert.That(RetryPacing.Mean(TimeSpan.FromMilliseconds(usual), TimeSpan.FromMinutes(1), load).TotalMilliseconds,
            Is.EqualTo(expected).Within(1e-6));

    [TestCase(100, 4, 0)]
    [TestCase(20_000, 4, 0)]
    [TestCase(20_001, 4, 0.0002)]
    [TestCase(100_000, 4, 16)]
    [TestCase(100_000, 0, 20)]
    [TestCase(100_000, 30, 0)]
    [TestCase(1_000_000, 4, 56.25, Description = "the last one waits a minute at most")]
    public void Last_of_many_waits_as_long_as_5000_a_second_take_to_come_back(int streams, double period, double expected)
        => Assert.That(
            RetryPacing.Stretch(streams, TimeSpan.FromSeconds(period), 5000, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1)).TotalSeconds,
            Is.EqualTo(expected).Within(1e-6));

    [Test]
    public void Longest_time_below_the_mean_leaves_nothing_to_stretch()
        => Assert.That(RetryPacing.Stretch(1_000_000, TimeSpan.Zero, 1, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60)),
            Is.EqualTo(TimeSpan.Zero));

    [TestCase(0.0, 0.5, 3000)]
    [TestCase(0.5, 0.0, 10_250)]
    [TestCase(0.5, 0.5, 11_000)]
    [TestCase(1.0, 0.5, 19_000)]
    public void Streams_that_end_later_wait_longer(double place, double random, int expected)
        => Assert.That(RetryPacing.AtEnd(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(16), place, random), Is.EqualTo(expected));

    [TestCase(0.0, 0.0, 3300)]
    [TestCase(0.0, 1.0, 4800)]
    [TestCase(0.5, 0.0, 13_300)]
    [TestCase(1.0, 1.0, 24_800)]
    public void No_client_returns_before_the_server_and_then_one_by_one(double place, double random, int expected)
        => Assert.That(
            RetryPacing.AfterAbsence(TimeSpan.FromSeconds(3.3), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20), place, random),
            Is.EqualTo(expected));

    [TestCase(10, 100, 0, 3, MemoryPressure.None, 0.1)]
    [TestCase(10, 0, 0, 0, MemoryPressure.None, 0)]
    [TestCase(10, 100, 95, 100, MemoryPressure.None, 0.95)]
    [TestCase(10, 100, 120, 100, MemoryPressure.None, 1)]
    [TestCase(10, 100, 10, 100, MemoryPressure.ShortHistory, 0.9)]
    [TestCase(10, 0, 10, 0, MemoryPressure.Full, 1)]
    public void Load_is_that_of_the_nearest_bound(int streams, int maxStreams, int connections, int maxConnections, object memory,
        double expected)
        => Assert.That(ServerLoad.Of(streams, maxStreams, connections, maxConnections, (MemoryPressure)memory), Is.EqualTo(expected));

    [TestCase(5000, 0.0, 5)]
    [TestCase(5000, 0.5, 7)]
    [TestCase(5000, 0.999999, 9)]
    [TestCase(100, 0.0, 1)]
    [TestCase(0, 0.0, 1)]
    public void Retry_after_is_in_whole_seconds_and_spread_by_two_thirds(int atLeast, double random, int expected)
        => Assert.That(RetryPacing.AfterSeconds(TimeSpan.FromMilliseconds(atLeast), random), Is.EqualTo(expected));

    [Test]
    public void Retry_after_is_never_too_short()
    {
        for (var milliseconds = 1; milliseconds < 100_000; milliseconds += 7)
            Assert.That(RetryPacing.AfterSeconds(TimeSpan.FromMilliseconds(milliseconds), 0) * 1000, Is.GreaterThanOrEqualTo(milliseconds));
    }
}
