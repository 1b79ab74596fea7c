using Microsoft.Extensions.Logging;

namespace SseServer.Relay;

/// <summary>What relays say: each change of state once, not each try. Event ids 6000 to 6999.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(6000, LogLevel.Information, "Relay to {Topic}: {Source} streams")]
    public static partial void Streams(ILogger logger, string topic, string source);

    [LoggerMessage(6001, LogLevel.Warning, "Relay to {Topic}: {Source} {Problem}. It is asked again until it streams")]
    public static partial void Fails(ILogger logger, string topic, string source, string problem);

    [LoggerMessage(6002, LogLevel.Debug, "Relay to {Topic}: the stream of {Source} ended ({Reason}); it is asked again")]
    public static partial void Ended(ILogger logger, string topic, string source, string reason);

    [LoggerMessage(6003, LogLevel.Warning, "Relay to {Topic}: {Source} says with 204 that its stream has ended for good. The relay stops until the server starts again")]
    public static partial void Over(ILogger logger, string topic, string source);

    [LoggerMessage(6004, LogLevel.Warning, "Relay to {Topic}: the topic has ended here. The relay stops")]
    public static partial void TopicEnded(ILogger logger, string topic);

    [LoggerMessage(6005, LogLevel.Warning, "Relay to {Topic}: events cannot be published ({Reason}); the source waits")]
    public static partial void Held(ILogger logger, string topic, string reason);

    [LoggerMessage(6006, LogLevel.Information, "Relay to {Topic}: events are published again")]
    public static partial void Released(ILogger logger, string topic);

    [LoggerMessage(6007, LogLevel.Warning, "Relay to {Topic}: {Source} says that it lost events: {Gap}. Times since the start: {Count}")]
    public static partial void Gap(ILogger logger, string topic, string source, string gap, long count);

    [LoggerMessage(6008, LogLevel.Warning, "Relay to {Topic}: an event of {Source} is dropped: {Reason}. More of them are counted only")]
    public static partial void Dropped(ILogger logger, string topic, string source, string reason);

    [LoggerMessage(6009, LogLevel.Information, "Relay to {Topic}: goes on after {LastEventId}, {Known} ids are known")]
    public static partial void Resumes(ILogger logger, string topic, string lastEventId, int known);

    [LoggerMessage(6010, LogLevel.Warning, "Relay to {Topic}: what was relayed before is of another URL, so it begins anew")]
    public static partial void OtherSource(ILogger logger, string topic);

    [LoggerMessage(6011, LogLevel.Error, "Relay to {Topic} broke down; it is off until the server starts again")]
    public static partial void BrokeDown(ILogger logger, string topic, Exception exception);
}
