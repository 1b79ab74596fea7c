using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.History.Postgres;
using SseServer.History.Sqlite;
using SseServer.Hosting.Settings;
using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>
/// Creates the hub with the store that the settings name, before anything listens. The host disposes both after everything else has
/// stopped.
/// </summary>
internal static class HubOpening
{
    /// <exception cref="StartupException">The store cannot be opened; the sentence says what to do.</exception>
    public static EventHub Open(IServiceProvider services)
    {
        var settings = services.GetRequiredService<ServerSettings>();
        IEventStore? store = settings.History switch
        {
            { Path: { } path } => new SqliteEventStore(path),
            { Postgres: { } postgres } => new PostgresEventStore(postgres, settings.Hub.EndedLinger),
            _ => null,
        };
        try
        {
            var logger = services.GetRequiredService<ILogger<EventHub>>();
            var hub = new EventHub(settings.Hub, services.GetRequiredService<TimeProvider>(), store, logger, settings.Node);
            (store as PostgresEventStore)?.LogDifference(BoundsOf(settings.Endpoints), logger);
            return hub;
        }
        catch (StoreException e)
        {
            store?.Dispose();
            throw new StartupException(e.Message, e);
        }
    }

    private static PublishBounds BoundsOf(EndpointOptions options)
        => new(options.MaxEventBytes, (int)options.MinRetry.TotalMilliseconds, (int)options.MaxRetry.TotalMilliseconds);
}
