namespace SseServer.Presence;

/// <summary>How a delivery to a webhook ended.</summary>
internal enum WebhookResult
{
    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>The receiver gave an answer that another attempt would not change.</summary>
    Refused,

    /// <summary>All attempts failed.</summary>
    GivenUp,

    /// <summary>It was not tried any more: too many topics were waiting, or the server stopped.</summary>
    Dropped,
}
