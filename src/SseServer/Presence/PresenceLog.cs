using Microsoft.Extensions.Logging;

namespace SseServer.Presence;

/// <summary>
/// The log messages of presence; ids 7000 to 7999. They never contain a secret, the path of a URL, or a topic, whose name subscribers
/// choose.
/// </summary>
internal static partial class PresenceLog
{
    [LoggerMessage(7000, LogLevel.Warning,
        "Some subscriber counts could not be published and will be retried: "
        + "the topic limit is reached, or the history cannot be written")]
    public static partial void CountsRefused(ILogger logger);

    [LoggerMessage(7001, LogLevel.Warning,
        "Webhook {Webhook} failed a delivery: the receiver {Problem}. "
        + "Further failures are only counted, until a delivery succeeds")]
    public static partial void WebhookFails(ILogger logger, string webhook, string problem);

    [LoggerMessage(7002, LogLevel.Information, "Webhook {Webhook} delivers again; {Lost} deliveries were lost")]
    public static partial void WebhookDelivers(ILogger logger, string webhook, long lost);

    [LoggerMessage(7003, LogLevel.Warning, "Webhook {Webhook}: {Count} deliveries were dropped at shutdown")]
    public static partial void WebhookDropped(ILogger logger, string webhook, int count);

    [LoggerMessage(7004, LogLevel.Error, "Webhook {Webhook} failed because of an internal error")]
    public static partial void WebhookFaulted(ILogger logger, string webhook, Exception exception);
}
