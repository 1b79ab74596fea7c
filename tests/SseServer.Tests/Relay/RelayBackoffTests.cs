using SseServer.Relay;

namespace SseServer.Tests.Relay;

public sealed class RelayBackoffTests
{
    // Retry, longest, failures, random; milliseconds.
    [TestCase(1000, 30000, 1, 0.0, 1000)]
    [TestCase(1000, 30000, 1, 1.0, 2000)]
    [TestCase(1000, 30000, 1, 0.5, 1500)]
    [TestCase(1000, 30000, 3, 0.0, 1000)]
    [TestCase(1000, 30000, 3, 1.0, 8000)]
    [TestCase(1000, 30000, 5, 1.0, 30000)]
    [TestCase(1000, 30000, int.MaxValue, 1.0, 30000)]
    [TestCase(0, 30000, 1, 0.0, 100)]
    [TestCase(0, 30000, 2, 1.0, 400)]
    [TestCase(60000, 30000, 1, 0.0, 30000)]
    [TestCase(60000, 30000, 9, 1.0, 30000)]
    [TestCase(int.MaxValue, 3600000, 1, 1.0, 3600000)]
    public void Wait_lies_between_the_reconnection_time_and_its_doublings(int retry, int max, int failures, double random, int expected)
        => Assert.That(
            RelayBackoff.Delay(TimeSpan.FromMilliseconds(retry), TimeSpan.FromMilliseconds(max), failures, random),
            Is.EqualTo(TimeSpan.FromMilliseconds(expected)));
}
