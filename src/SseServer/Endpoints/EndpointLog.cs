using System.Net;
using Microsoft.Extensions.Logging;
using SseServer.Delivery;

namespace SseServer.Endpoints;

/// <summary>What the endpoints log; event ids 2000 to 2999.</summary>
internal static partial class EndpointLog
{
    [LoggerMessage(2000, LogLevel.Debug, "Connection {ConnectionId} subscribes to {Selectors} selectors from {From}")]
    public static partial void StreamOpened(ILogger logger, long connectionId, int selectors, ResumePoint.Start from);

    [LoggerMessage(2001, LogLevel.Debug, "Connection {ConnectionId} is refused: {Rejection}")]
    public static partial void RequestRefused(ILogger logger, long connectionId, Protocol.Http.RequestRejection rejection);

    [LoggerMessage(2002, LogLevel.Error, "A stream was given up over a mistake of the server's")]
    public static partial void HubFaulted(ILogger logger, Exception exception);

    [LoggerMessage(2010, LogLevel.Warning, "The limit {Limit} was reached; refusals since the last such line: {Count}. {Setting} moves it")]
    public static partial void LimitReached(ILogger logger, string limit, long count, string setting);

    [LoggerMessage(2011, LogLevel.Information,
        "The reader on connection {ConnectionId} from {RemoteEndPoint} lost events: it reads too slowly, or came back too late. Such readers since the last such line: {Count}")]
    public static partial void ReaderLostEvents(ILogger logger, long connectionId, IPEndPoint? remoteEndPoint, long count);

    [LoggerMessage(2012, LogLevel.Information,
        "The reader on connection {ConnectionId} from {RemoteEndPoint} stopped reading and is cut off. Such readers since the last such line: {Count}")]
    public static partial void ReaderStalled(ILogger logger, long connectionId, IPEndPoint? remoteEndPoint, long count);

    [LoggerMessage(2030, LogLevel.Information, "{Caller} from {ClientAddress} sheds {Percent} % of the streams: {Streams} within {Seconds} s")]
    public static partial void StreamsShed(ILogger logger, string caller, IPAddress clientAddress, int percent, int streams, int seconds);
}
