using Microsoft.Extensions.Hosting;
using SseServer.Relay;

namespace SseServer.Hosting;

/// <summary>The relays as a hosted service: the last one to start and the first to stop.</summary>
internal sealed class RelayService(Relays relays) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        relays.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => relays.StopAsync();
}
