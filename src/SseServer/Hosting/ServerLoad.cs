using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>Reports to the hub how full the server is; the fuller it is, the later clients are told to reconnect.</summary>
/// <param name="hub">Counts the streams, and receives the load.</param>
/// <param name="maxStreams">Limit of streams; 0 is no limit.</param>
/// <param name="connections">Counts connections.</param>
/// <param name="maxConnections">Limit of connections; 0 is no limit.</param>
internal sealed class ServerLoad(EventHub hub, int maxStreams, Func<int> connections, int maxConnections)
{
    // Memory is short, but evicting history still helps: half way between a high load and a full server.
    private const double ShortOfMemory = 0.9;

    /// <summary>Takes one reading.</summary>
    public void Sample() => hub.Reconnection.Load = Of(hub.Streams, maxStreams, connections(), maxConnections, hub.Pressure);

    /// <summary>How full a server is, from 0 to 1, by the limit that is nearest.</summary>
    public static double Of(int streams, int maxStreams, int connections, int maxConnections, MemoryPressure memory)
    {
        var ofMemory = memory switch
        {
            MemoryPressure.Full => 1,
            MemoryPressure.ShortHistory => ShortOfMemory,
            _ => 0,
        };
        return Math.Min(1, Math.Max(ofMemory, Math.Max(Share(streams, maxStreams), Share(connections, maxConnections))));
    }

    private static double Share(int used, int most) => most > 0 ? (double)used / most : 0;
}
