using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Hosting.Settings;
using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>Makes the hub with the history that the settings name, before anything listens. The host closes both when everything else has stopped.</summary>
internal static class HubOpening
{
    /// <exception cref="StartupException">The history cannot be opened; the sentence says what to mend.</exception>
    public static EventHub Open(IServiceProvider services)
    {
        var settings = services.GetRequiredService<ServerSettings>();
        var store = settings.History.Path is { } path ? new SqliteEventStore(path) : null;
        try
        {
            return new EventHub(settings.Hub, services.GetRequiredService<TimeProvider>(), store, services.GetRequiredService<ILogger<EventHub>>());
        }
        catch (StoreException e)
        {
            store?.Dispose();
            throw new StartupException(e.Message, e);
        }
    }
}
