using SseServer.Catalog;
using SseServer.Tests.Endpoints;
using SseServer.Transport;

namespace SseServer.Browser.Tests;

/// <summary>A server for clients that live in real time: they come back after a tenth of a second rather than three.</summary>
internal static class Servers
{
    public static ServerUnderTest Start(HubOptions? hub = null)
        => new(hub: (hub ?? HubOptions.Default) with { Shards = 2, ReconnectionTime = TimeSpan.FromMilliseconds(100) },
            time: TimeProvider.System);

    /// <summary>A server for clients that live in real time, with the reconnection time of the options.</summary>
    public static ServerUnderTest StartSlow(HubOptions hub)
        => new(hub: hub with { Shards = 2, MaxReconnectionTime = TimeSpan.FromMinutes(2) }, time: TimeProvider.System);

    public static Uri UrlOf(this ServerUnderTest server, string target) => new($"http://{server.EndPoint}{target}");

    /// <summary>Resets every connection, as a crash or a network does.</summary>
    public static void CutConnections(this ServerUnderTest server)
    {
        foreach (var connection in server.Transport.Connections) connection?.Abort(CloseReason.ServerStopped);
    }
}
