using SseServer.Endpoints;
using SseServer.Hub;
using SseServer.Transport;

namespace SseServer.Hosting;

/// <summary>The way a server stops, in the order that its parts need.</summary>
internal static class ServerDrain
{
    /// <summary>Ends streams, lets requests finish, and returns when nothing is left of either.</summary>
    public static async Task RunAsync(DrainOptions options, EventHub hub, HttpApplication application, TransportServer transport)
    {
        if (options.ClosesListener) transport.StopAccepting();
        // The hub first: from then on it knows how long clients are to stay away, which the application tells those who come.
        hub.Shedder.BeginDrain(options.Spread, options.Absence);
        application.BeginDrain();
        await transport.DrainAsync(options.CutOff, answersNewcomers: !options.ClosesListener);
    }
}
