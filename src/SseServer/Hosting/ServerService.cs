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
/// The server as a hosted service: starts listening, and on stop ends the streams and lets requests finish. A listener that fails stops
/// the host.
/// </summary>
internal sealed class ServerService(
    ServerSettings settings, EventHub hub, HttpApplication application, TransportServer transport, ProcessMetrics process, Relays relays)
    : BackgroundService
{
    public override Task StartAsync(CancellationToken cancellationToken)
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

        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await ServerDrain.RunAsync(settings.Drain, hub, application, transport);
        await base.StopAsync(cancellationToken);
    }

    // A server that nobody can reach is of no use, and only its end is seen by what watches it.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            throw await transport.Failed.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private List<IPEndPoint> EndPoints(bool isTls)
        => [.. settings.Listen.Where(address => address.IsTls == isTls).SelectMany(address => address.GetEndPoints(Socket.OSSupportsIPv6))];
}
