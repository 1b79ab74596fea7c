using SseServer.History;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for the store.</summary>
internal static class HistorySettings
{
    /// <summary>Declares and reads them.</summary>
    public static HistoryOptions Read(SettingsReader reader) => new()
    {
        // In memory unless asked, so that a first start writes no file.
        Path = reader.Text("History:Path", null,
            "File that keeps the history across restarts, such as /var/lib/sse-server/history.db. If not set, history is in memory only."),
    };
}
