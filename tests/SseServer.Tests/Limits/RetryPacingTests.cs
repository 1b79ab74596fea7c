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
