using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;
using SseServer.Hub;
using SseServer.Presence;

namespace SseServer.Hosting;

/// <summary>
/// Presence as a hosted service, which does nothing where nobody asked for it. It has looked for the last time before the server's streams end: that the server leaves says nothing about its
/// readers, who go on elsewhere. While the streams end, what webhooks are owed is tried once more.
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
        _watcher = new PresenceWatcher(hub, settings.Presence, logger);
        application.Expose(_watcher.Meter);
        return base.StartAsync(cancellationToken);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        if (_watcher is null) return;
        await ExecuteTask!;
        _drained = _watcher.DrainAsync(settings.Drain.CutOff);
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
            do await _watcher!.PollAsync();
            while (await timer.WaitForNextTickAsync(either.Token));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
