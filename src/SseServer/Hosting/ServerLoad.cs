using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>Tells the hub how full the server is: clients are told to stay away longer where it has little room left.</summary>
/// <param name="hub">Has the streams, and is told.</param>
/// <param name="maxStreams">Streams at once; 0 is no bound.</param>
/// <param name="connections">Counts connections.</param>
/// <param name="maxConnections">Connections at once; 0 is no bound.</param>
internal sealed class ServerLoad(EventHub hub, int maxStreams, Func<int> connections, int maxConnections)
{
    // Memory is short, and shed history makes room again: half way from the load that counts as high to a full server.
    private const double ShortOfMemory = 0.9;

    /// <summary>Takes one reading.</summary>
    public void Look() => hub.Reconnection.Load = Of(hub.Streams, maxStreams, connections(), maxConnections, hub.Pressure);

    /// <summary>How full a server is, from 0 to 1, by the bound that is nearest.</summary>
    public static double Of(int streams, int maxStreams, int connections, int maxConnections, MemoryPressure.Level memory)
    {
        var ofMemory = memory switch
        {
            MemoryPressure.Level.Full => 1,
            MemoryPressure.Level.ShortHistory => ShortOfMemory,
            _ => 0,
        };
        return Math.Min(1, Math.Max(ofMemory, Math.Max(Share(streams, maxStreams), Share(connections, maxConnections))));
    }

    private static double Share(int used, int most) => most > 0 ? (double)used / most : 0;
}
