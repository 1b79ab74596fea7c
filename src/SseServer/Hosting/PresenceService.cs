using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;
using SseServer.Hub;
using SseServer.Presence;

namespace SseServer.Hosting;

/// <summary>
/// Presence as a hosted service; does nothing unless the settings ask for it. It stops watching before the streams of the server end,
/// because a restart does not mean that subscribers have left. While the streams end, pending webhook deliveries are tried once more.
/// </summary>
internal sealed class PresenceService(ServerSettings settings, EventHub hub, HttpApplication application, ILogger<PresenceService> logger)
    : BackgroundService, IHostedLifecycleService
{
    private readonly CancellationTokenSource _stopping = new();
    private PresenceWatcher? _watcher;
    private Task _drained = Task.CompletedTask;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (!settings.Presence.IsOn) return Task.CompletedTask;
        if (hub.Cluster is null) Begin();
        return base.StartAsync(cancellationToken);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        if (ExecuteTask is null) return;
        await ExecuteTask;
        if (_watcher is not null) _drained = _watcher.DrainAsync(settings.Drain.CutOff);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => _drained;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        base.Dispose();
        _watcher?.Dispose();
        _stopping.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Presence.Interval, hub.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _stopping.Token);
        try
        {
            do
            {
                if (hub.Cluster is { } cluster) FollowTask(cluster);
                if (_watcher is not null) await _watcher.PollAsync();
            }
            while (await timer.WaitForNextTickAsync(either.Token));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Begin()
    {
        _watcher = new PresenceWatcher(hub, settings.Presence, logger);
        application.Expose(_watcher.Meter);
    }

    /// <summary>
    /// Of servers that share a history one reports, and another takes over when that one is gone: as after a restart, it begins with what
    /// the presence topics say.
    /// </summary>
    private void FollowTask(ClusterNode cluster)
    {
        var isOwner = cluster.Owns(ClusterNode.Presence);
        if (isOwner == (_watcher is not null)) return;
        if (isOwner)
        {
            cluster.ReportAllAgain();
            Begin();
        }
        else
        {
            application.Withdraw(_watcher!.Meter);
            _watcher.Dispose();
            _watcher = null;
        }
    }
}
