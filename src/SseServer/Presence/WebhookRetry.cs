namespace SseServer.Presence;

/// <summary>Decides whether and when a delivery is retried. Pure.</summary>
internal static class WebhookRetry
{
    /// <summary>The longest wait, even if a receiver asks for more.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(5);

    // Doubled six times, and all seven added up: 5 minutes and 18 seconds.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(2.5);

    /// <summary>
    /// RFC 9110 section 15: 2xx is success; 408, 429 and 5xx may be temporary. Other statuses would be repeated, and redirects are not
    /// followed.
    /// </summary>
    public static WebhookOutcome OutcomeOf(int status) => status switch
    {
        >= 200 and < 300 => WebhookOutcome.Delivered,
        408 or 429 or >= 500 => WebhookOutcome.Retry,
        _ => WebhookOutcome.Refused,
    };

    /// <summary>
    /// Returns the wait after a number of failed attempts: it doubles with each, is spread by a quarter, so that deliveries which failed
    /// together are not retried together, and is longer if the receiver asks for that.
    /// </summary>
    /// <param name="attempts">Attempts so far, 1 or more.</param>
    /// <param name="random">A number from 0 to 1.</param>
    /// <param name="retryAfter">The wait that the receiver asks for (RFC 9110 section 10.2.3).</param>
    public static TimeSpan DelayAfter(int attempts, double random, TimeSpan? retryAfter)
    {
        var delay = Math.Min(FirstDelay.TotalSeconds * Math.Pow(2, attempts - 1), MaxDelay.TotalSeconds) * (0.75 + random / 2);
        if (retryAfter is { } asked) delay = Math.Max(delay, asked.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Min(delay, MaxDelay.TotalSeconds));
    }
}
