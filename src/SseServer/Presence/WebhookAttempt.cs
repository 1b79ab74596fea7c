namespace SseServer.Presence;

/// <summary>What follows an attempt to deliver.</summary>
internal enum WebhookOutcome
{
    /// <summary>Nothing: it was delivered.</summary>
    Delivered,

    /// <summary>Another attempt, later.</summary>
    Retry,

    /// <summary>Nothing: the receiver would refuse it again.</summary>
    Refused,
}

/// <summary>The result of an attempt to deliver.</summary>
/// <param name="Outcome">What follows.</param>
/// <param name="Problem">What went wrong, as a predicate to "the receiver"; empty if nothing did.</param>
/// <param name="RetryAfter">How long the receiver asks the server to wait.</param>
internal readonly record struct WebhookAttempt(WebhookOutcome Outcome, string Problem = "", TimeSpan? RetryAfter = null);
