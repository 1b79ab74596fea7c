using SseServer.Presence;

namespace SseServer.Tests.Presence;

internal sealed class WebhookRetryTests
{
    [TestCase(200, "Delivered")]
    [TestCase(204, "Delivered")]
    [TestCase(301, "Refused")]
    [TestCase(307, "Refused")]
    [TestCase(400, "Refused")]
    [TestCase(401, "Refused")]
    [TestCase(404, "Refused")]
    [TestCase(410, "Refused")]
    [TestCase(408, "Retry")]
    [TestCase(429, "Retry")]
    [TestCase(500, "Retry")]
    [TestCase(503, "Retry")]
    [TestCase(599, "Retry")]
    public void Status_decides_whether_to_retry(int status, string outcome)
        => Assert.That(WebhookRetry.OutcomeOf(status).ToString(), Is.EqualTo(outcome));

    [TestCase(1, 2.5)]
    [TestCase(2, 5)]
    [TestCase(3, 10)]
    [TestCase(4, 20)]
    [TestCase(5, 40)]
    [TestCase(6, 80)]
    [TestCase(7, 160)]
    [TestCase(8, 300)]
    [TestCase(19, 300)]
    public void Wait_doubles_up_to_five_minutes_and_is_within_a_quarter_of_that(int attempts, double seconds)
    {
        Assert.That(WebhookRetry.DelayAfter(attempts, 0.5, null).TotalSeconds, Is.EqualTo(seconds));
        Assert.That(WebhookRetry.DelayAfter(attempts, 0, null).TotalSeconds, Is.EqualTo(seconds * 0.75));
        Assert.That(WebhookRetry.DelayAfter(attempts, 1, null).TotalSeconds, Is.EqualTo(Math.Min(seconds * 1.25, 300)));
    }

    [Test]
    public void Eight_attempts_take_about_five_minutes()
        => Assert.That(Enumerable.Range(1, 7).Sum(attempts => WebhookRetry.DelayAfter(attempts, 0.5, null).TotalMinutes),
            Is.EqualTo(5.3).Within(0.01));

    [TestCase(120, 120)]
    [TestCase(1, 2.5)]
    [TestCase(0, 2.5)]
    [TestCase(-5, 2.5)]
    [TestCase(86400, 300)]
    public void Receiver_may_ask_for_a_longer_wait_up_to_five_minutes(int asked, double seconds)
        => Assert.That(WebhookRetry.DelayAfter(1, 0.5, TimeSpan.FromSeconds(asked)).TotalSeconds, Is.EqualTo(seconds));
}
