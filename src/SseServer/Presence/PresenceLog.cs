using Microsoft.Extensions.Logging;

namespace SseServer.Presence;

/// <summary>What presence logs; event ids 7000 to 7999. Never a secret, a URL's path, or a topic's name, which readers choose.</summary>
internal static partial class PresenceLog
{
    [LoggerMessage(7000, LogLevel.Warning, "Some numbers of subscribers could not be published, and are tried again: there are as many topics as readers may have, or the history cannot be written")]
    public static partial void CountsRefused(ILogger logger);

    [LoggerMessage(7001, LogLevel.Warning, "Webhook {Webhook} gave up a delivery: the receiver {Problem}. Further ones are counted only, until one arrives")]
    public static partial void WebhookFails(ILogger logger, string webhook, string problem);

    [LoggerMessage(7002, LogLevel.Information, "Webhook {Webhook} delivers again; {Lost} deliveries were given up")]
    public static partial void WebhookDelivers(ILogger logger, string webhook, long lost);

    [LoggerMessage(7003, LogLevel.Warning, "Webhook {Webhook}: {Count} deliveries were dropped at shutdown")]
    public static partial void WebhookDropped(ILogger logger, string webhook, int count);

    [LoggerMessage(7004, LogLevel.Error, "Webhook {Webhook} failed by a fault of the server's")]
    public static partial void WebhookFaulted(ILogger logger, string webhook, Exception exception);
}
