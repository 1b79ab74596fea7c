namespace SseServer.Presence;

/// <summary>What came of an attempt to deliver.</summary>
/// <param name="Outcome">What is to be done.</param>
/// <param name="Problem">What went wrong, going on from "the receiver"; empty where nothing did.</param>
/// <param name="RetryAfter">How long the receiver asks to be left alone.</param>
internal readonly record struct WebhookAttempt(WebhookOutcome Outcome, string Problem = "", TimeSpan? RetryAfter = null);
