using System.Net;
using Microsoft.Extensions.Logging;
using SseServer.Delivery;

namespace SseServer.Endpoints;

/// <summary>The log messages of the endpoints; ids 2000 to 2999.</summary>
internal static partial class EndpointLog
{
    [LoggerMessage(2000, LogLevel.Debug, "Connection {ConnectionId} subscribed to {Selectors} selectors from {From}")]
    public static partial void StreamOpened(ILogger logger, long connectionId, int selectors, ResumePoint.Start from);

    [LoggerMessage(2001, LogLevel.Debug, "Connection {ConnectionId}: request refused ({Rejection})")]
    public static partial void RequestRefused(ILogger logger, long connectionId, Protocol.Http.RequestRejection rejection);

    [LoggerMessage(2002, LogLevel.Error, "Stream closed because of an internal error")]
    public static partial void HubFaulted(ILogger logger, Exception exception);

    [LoggerMessage(2010, LogLevel.Warning,
        "Limit {Limit} reached; refusals since the last such message: {Count}. The setting is {Setting}")]
    public static partial void LimitReached(ILogger logger, string limit, long count, string setting);

    [LoggerMessage(2011, LogLevel.Information,
        "The subscriber on connection {ConnectionId} from {RemoteEndPoint} lost events: it read too slowly or resumed too late. "
        + "Such subscribers since the last such message: {Count}")]
    public static partial void SubscriberLostEvents(ILogger logger, long connectionId, IPEndPoint? remoteEndPoint, long count);

    [LoggerMessage(2012, LogLevel.Information,
        "The subscriber on connection {ConnectionId} from {RemoteEndPoint} stopped reading and was disconnected. "
        + "Such subscribers since the last such message: {Count}")]
    public static partial void SubscriberStalled(ILogger logger, long connectionId, IPEndPoint? remoteEndPoint, long count);

    [LoggerMessage(2030, LogLevel.Information,
        "{Caller} from {ClientAddress} sheds {Percent} % of the streams: {Streams} streams within {Seconds} s")]
    public static partial void StreamsShed(
        ILogger logger, string caller, IPAddress clientAddress, int percent, int streams, double seconds);

    [LoggerMessage(2031, LogLevel.Information,
        "{Caller} from {ClientAddress} has all servers of this history shed {Percent} % of their streams within {Seconds} s")]
    public static partial void ShedForAll(ILogger logger, string caller, IPAddress clientAddress, int percent, double seconds);
}
