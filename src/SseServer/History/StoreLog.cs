using Microsoft.Extensions.Logging;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.History;

/// <summary>What the hub logs of its store; event ids 4100 to 4199.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(4100, LogLevel.Warning, "History cannot be written, so publishing is refused until it can ({Failure}): {Reason}")]
    public static partial void CommitsFail(ILogger logger, StoreFailure failure, string reason);

    [LoggerMessage(4101, LogLevel.Information, "History is written again")]
    public static partial void CommitsWork(ILogger logger);

    [LoggerMessage(4102, LogLevel.Warning, "The store could not be closed in order; the next start takes it for a crash: {Reason}")]
    public static partial void NotClosed(ILogger logger, string reason);

    [LoggerMessage(4103, LogLevel.Warning, "Old history cannot be deleted, and is tried again in a while: {Reason}")]
    public static partial void TrimsFail(ILogger logger, string reason);

    [LoggerMessage(4104, LogLevel.Warning, "Stored history cannot be read, so a stream ends early: {Reason}")]
    public static partial void ReadFailed(ILogger logger, string reason);

    [LoggerMessage(4106, LogLevel.Error, "Stored events of topic {Topic} from {FirstId} to {LastId} are damaged and cannot be read; "
        + "their readers get a gap. Restore a copy of the history, or go on without them")]
    public static partial void BlockDamaged(ILogger logger, string topic, EventId firstId, EventId lastId);

    [LoggerMessage(4105, LogLevel.Information, "History of {Topics} topics up to {LastId} is there; the last stop was {Stop}")]
    public static partial void Opened(ILogger logger, int topics, EventId lastId, string stop);
}
