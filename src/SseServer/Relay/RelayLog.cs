using Microsoft.Extensions.Logging;

namespace SseServer.Relay;

/// <summary>The log messages of relays; ids 6000 to 6999. Each change of state is logged once, not each attempt.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(6000, LogLevel.Information, "Relay to {Topic}: streaming from {Source}")]
    public static partial void Streams(ILogger logger, string topic, string source);

    [LoggerMessage(6001, LogLevel.Warning, "Relay to {Topic}: {Source} {Problem}; retrying until it streams")]
    public static partial void Fails(ILogger logger, string topic, string source, string problem);

    [LoggerMessage(6002, LogLevel.Debug, "Relay to {Topic}: the stream of {Source} ended ({Reason}); reconnecting")]
    public static partial void Ended(ILogger logger, string topic, string source, string reason);

    [LoggerMessage(6003, LogLevel.Warning,
        "Relay to {Topic}: {Source} answered 204, so its stream has ended. The relay stops until the server restarts")]
    public static partial void Over(ILogger logger, string topic, string source);

    [LoggerMessage(6004, LogLevel.Warning, "Relay to {Topic}: the topic has ended on this server. The relay stops")]
    public static partial void TopicEnded(ILogger logger, string topic);

    [LoggerMessage(6005, LogLevel.Warning, "Relay to {Topic}: events cannot be published ({Reason}); the source has to wait")]
    public static partial void Blocked(ILogger logger, string topic, string reason);

    [LoggerMessage(6006, LogLevel.Information, "Relay to {Topic}: publishing again")]
    public static partial void Unblocked(ILogger logger, string topic);

    [LoggerMessage(6007, LogLevel.Warning, "Relay to {Topic}: {Source} reports that it lost events: {Gap}. Gaps since the start: {Count}")]
    public static partial void Gap(ILogger logger, string topic, string source, string gap, long count);

    [LoggerMessage(6008, LogLevel.Warning, "Relay to {Topic}: dropped an event of {Source}: {Reason}. Further ones are only counted")]
    public static partial void Dropped(ILogger logger, string topic, string source, string reason);

    [LoggerMessage(6009, LogLevel.Information, "Relay to {Topic}: resuming after {LastEventId}; {Known} ids known")]
    public static partial void Resumes(ILogger logger, string topic, string lastEventId, int known);

    [LoggerMessage(6010, LogLevel.Warning, "Relay to {Topic}: the stored position belongs to a different source URL; starting over")]
    public static partial void OtherSource(ILogger logger, string topic);

    [LoggerMessage(6011, LogLevel.Error, "Relay to {Topic} failed because of an internal error; it stops until the server restarts")]
    public static partial void Failed(ILogger logger, string topic, Exception exception);
}
