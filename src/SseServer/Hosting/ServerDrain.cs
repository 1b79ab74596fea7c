using SseServer.Endpoints;
using SseServer.Hub;
using SseServer.Transport;

namespace SseServer.Hosting;

/// <summary>Stops the parts of the server in the right order.</summary>
internal static class ServerDrain
{
    /// <summary>Ends the streams, lets requests finish, and returns when both are done.</summary>
    public static async Task RunAsync(DrainOptions options, EventHub hub, HttpApplication application, TransportServer transport)
    {
        if (options.ClosesListener) transport.StopAccepting();
        // The hub first, because the application asks it how long new clients are to wait.
        hub.Shedder.BeginDrain(options.Spread, options.Absence);
        application.BeginDrain();
        await transport.DrainAsync(options.CutOff, answersNewcomers: !options.ClosesListener);
    }
}
