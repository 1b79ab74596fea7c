using Microsoft.Extensions.Hosting;
using SseServer.Hub;
using SseServer.Relay;

namespace SseServer.Hosting;

/// <summary>
/// The relays as a hosted service: the last one to start and the first to stop. Of servers that share a history one runs them, and another
/// takes them over when that one is gone.
/// </summary>
internal sealed class RelayService(Relays relays, EventHub hub) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await relays.StopAsync();
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (hub.Cluster is not null) return base.StartAsync(cancellationToken);
        relays.Start();
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!relays.IsAny) return;
        using var timer = new PeriodicTimer(Interval, hub.Time);
        var isRunning = false;
        try
        {
            do
            {
                var isOwner = hub.Cluster!.Owns(ClusterNode.Relays);
                if (isOwner && !isRunning) relays.Start();
                else if (!isOwner && isRunning) await relays.StopAsync();
                isRunning = isOwner;
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
