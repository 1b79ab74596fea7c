using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;
using SseServer.Hub;
using SseServer.Relay;
using SseServer.Transport;

namespace SseServer.Hosting;

/// <summary>
/// The server as a hosted service: starts listening, and on stop refuses newcomers, ends the streams and lets requests finish.
/// </summary>
internal sealed class ServerService(
    ServerSettings settings, EventHub hub, HttpApplication application, TransportServer transport, ProcessMetrics process, Relays relays) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        application.Expose(transport.Meter);
        application.Expose(process.Meter);
        application.Expose(relays.Meter);
        try
        {
            transport.Start(EndPoints(isTls: false), EndPoints(isTls: true));
        }
        catch (ListenException e)
        {
            throw StartupException.CannotListen(e.Endpoint.ToString(), e.Cause);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => ServerDrain.RunAsync(settings.Drain, hub, application, transport);

    private List<IPEndPoint> EndPoints(bool isTls)
        => [.. settings.Listen.Where(address => address.IsTls == isTls).SelectMany(address => address.GetEndPoints(Socket.OSSupportsIPv6))];
}
