using Serilog.Events;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of the log.</summary>
internal static class LoggingSettings
{
    // Serilog's names, and none at all.
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
            Level = LevelNames[reader.Choice("Logging:Level", $"{defaults.Level}", Words, "The least level that is logged.")],
            IsJson = reader.Choice("Logging:Format", "text", ["text", "json"],
                "How events are written to standard output: as text for people, or each as one line of compact JSON.") == "json",
            Levels = ReadLevels(reader),
        };
    }

    /// <summary>What replaces a setting of the <c>Serilog</c> section, which earlier versions had; null for a key of no such setting.</summary>
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
            "Other least levels, by the beginning of the name that stands in each event: Logging:Levels:SseServer.Transport=Debug.", isSecret: false);
        foreach (var (name, text) in texts)
        {
            if (LevelNames.TryGetValue(text.Trim(), out var level)) levels.Add(name, level);
            else reader.Reject(key, $"{name}={text}", "is not known", $"one of {string.Join(", ", Words)}");
        }

        return levels;
    }
}
