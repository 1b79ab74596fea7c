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
/// The server as a hosted service: starts listening and, when stopped, ends the streams and lets requests finish. If a listener fails, the
/// host stops.
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

    // A server that cannot be reached is useless, and supervisors only notice when it ends.
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
