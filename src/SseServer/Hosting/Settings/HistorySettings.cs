using SseServer.History;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of where history is kept.</summary>
internal static class HistorySettings
{
    /// <summary>Declares and reads them.</summary>
    public static HistoryOptions Read(SettingsReader reader) => new()
    {
        // In memory unless asked: a first start writes nothing anywhere.
        Path = reader.Text("History:Path", null, "File that keeps history over restarts, such as /var/lib/sse-server/history.db; without it history is in memory only."),
    };
}
