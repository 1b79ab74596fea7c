using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;
using SseServer.Hub;
using SseServer.Transport;

namespace SseServer.Hosting;

/// <summary>
/// The server as a hosted service: starts listening, and on stop refuses newcomers, ends the streams and lets requests finish.
/// </summary>
internal sealed class ServerService(
    ServerSettings settings, EventHub hub, HttpApplication application, ProcessMetrics process, TimeProvider time, ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private readonly TransportServer _transport = new(settings.Transport, application, time, loggers.CreateLogger<TransportServer>());

    public Task StartAsync(CancellationToken cancellationToken)
    {
        application.Expose(_transport.Meter);
        application.Expose(process.Meter);
        try
        {
            _transport.Start(EndPoints(isTls: false), EndPoints(isTls: true));
        }
        catch (ListenException e)
        {
            throw StartupException.CannotListen(e.Endpoint.ToString(), e.Cause);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // A refused connection is tried again, on another node where there is one; so the door closes before the streams end.
        _transport.StopAccepting();
        application.BeginDrain();
        hub.Drain(hub.Options.ReconnectionTime);
        await _transport.DrainAsync(settings.DrainPeriod);
    }

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    private List<IPEndPoint> EndPoints(bool isTls)
        => [.. settings.Listen.Where(address => address.IsTls == isTls).SelectMany(address => address.GetEndPoints(Socket.OSSupportsIPv6))];
}
