namespace SseServer.Presence;

/// <summary>What is to be done after an attempt to deliver.</summary>
internal enum WebhookOutcome
{
    /// <summary>Nothing: it has arrived.</summary>
    Delivered,

    /// <summary>Another attempt, later.</summary>
    Retry,

    /// <summary>Nothing: the receiver would say the same again.</summary>
    Refused,
}
