using Serilog.Events;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for logging.</summary>
internal static class LoggingSettings
{
    // Serilog's names, and None.
    private static readonly Dictionary<string, LogEventLevel> LevelNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Verbose"] = LogEventLevel.Verbose,
        ["Debug"] = LogEventLevel.Debug,
        ["Information"] = LogEventLevel.Information,
        ["Warning"] = LogEventLevel.Warning,
        ["Error"] = LogEventLevel.Error,
        ["Fatal"] = LogEventLevel.Fatal,
        ["None"] = LevelAlias.Off,
    };

    private static readonly string[] Words = [.. LevelNames.Keys];

    /// <summary>Declares and reads them.</summary>
    public static LogOptions Read(SettingsReader reader)
    {
        var defaults = new LogOptions();
        return new()
        {
            Level = LevelNames[reader.Choice("Logging:Level", $"{defaults.Level}", Words, "Lowest level that is logged.")],
            IsJson = reader.Choice("Logging:Format", "text", ["text", "json"],
                "Form of the log on standard output: text for people, or one line of compact JSON for each event.") == "json",
            Levels = ReadLevels(reader),
        };
    }

    /// <summary>What replaces a setting of the <c>Serilog</c> section of earlier versions; null for any other key.</summary>
    public static string? Replacement(string key)
    {
        const string minimum = "Serilog:MinimumLevel";
        const string over = minimum + ":Override:";
        if (!key.Equals("Serilog", StringComparison.OrdinalIgnoreCase) && !key.StartsWith("Serilog:", StringComparison.OrdinalIgnoreCase))
            return null;
        if (key.StartsWith(over, StringComparison.OrdinalIgnoreCase)) return "Logging:Levels:" + key[over.Length..];
        if (key.StartsWith(minimum, StringComparison.OrdinalIgnoreCase)) return "Logging:Level";
        return "Logging:Format (text or json) and Logging:Level";
    }

    private static Dictionary<string, LogEventLevel> ReadLevels(SettingsReader reader)
    {
        const string key = "Logging:Levels";
        var levels = new Dictionary<string, LogEventLevel>(StringComparer.Ordinal);
        var texts = reader.Map(key,
            "Other lowest levels for sources whose name begins with this one, as in Logging:Levels:SseServer.Transport=Debug.",
            isSecret: false);
        foreach (var (name, text) in texts)
        {
            if (LevelNames.TryGetValue(text.Trim(), out var level)) levels.Add(name, level);
            else reader.Reject(key, $"{name}={text}", $"is not valid; the level must be one of {string.Join(", ", Words)}.");
        }

        return levels;
    }
}
