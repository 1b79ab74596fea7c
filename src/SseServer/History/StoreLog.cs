using Microsoft.Extensions.Logging;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.History;

/// <summary>What the engine logs of its store; event ids 4100 to 4199.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(4100, LogLevel.Warning, "Cannot write history ({Failure}); publishing is refused until it can be written: {Reason}")]
    public static partial void CommitsFail(ILogger logger, StoreFailure failure, string reason);

    [LoggerMessage(4101, LogLevel.Information, "History can be written again")]
    public static partial void CommitsWork(ILogger logger);

    [LoggerMessage(4102, LogLevel.Warning, "Could not close the store cleanly; the next start will treat it as a crash: {Reason}")]
    public static partial void NotClosed(ILogger logger, string reason);

    [LoggerMessage(4103, LogLevel.Warning, "Could not delete old history; trying again later: {Reason}")]
    public static partial void TrimsFail(ILogger logger, string reason);

    [LoggerMessage(4104, LogLevel.Warning, "Could not read stored history, so a stream ends early: {Reason}")]
    public static partial void ReadFailed(ILogger logger, string reason);

    [LoggerMessage(4105, LogLevel.Information,
        "Opened history: {Topics} topics, last event {LastId}; the previous shutdown was {Shutdown}")]
    public static partial void Opened(ILogger logger, int topics, EventId lastId, string shutdown);

    [LoggerMessage(4106, LogLevel.Error,
        "Stored events of topic {Topic} from {FirstId} to {LastId} are damaged and cannot be read; their subscribers get a gap. "
        + "Restore a copy of the history, or continue without them")]
    public static partial void BlockDamaged(ILogger logger, string topic, EventId firstId, EventId lastId);

    [LoggerMessage(4107, LogLevel.Warning,
        "The database lacks events up to {Head} that this server has sent; all streams end, and clients that have such events get a gap")]
    public static partial void HistoryDiffers(ILogger logger, EventId head);

    [LoggerMessage(4108, LogLevel.Warning, "Lost contact with the other servers of this history; their tasks and numbers wait: {Reason}")]
    public static partial void ClusterAway(ILogger logger, string reason);

    [LoggerMessage(4109, LogLevel.Information,
        "Shedding {Streams} streams over {Seconds} s, as all servers of this history are asked to do")]
    public static partial void ShedForAll(ILogger logger, int streams, double seconds);

    [LoggerMessage(4110, LogLevel.Warning,
        "Events published from SQL have other bounds than this server's: {Differences}. Change the settings of the server, or run: "
        + "{Statement}")]
    public static partial void BoundsDiffer(ILogger logger, string differences, string statement);
}
