namespace SseServer.Hosting.Settings;

/// <summary>
/// Finds the key that a variable of the former <c>Serilog</c> section with single underscores means. The keys of that section are not
/// declared settings, and they cannot all be known, so any variable that begins with its name counts. Pure.
/// </summary>
internal static class LogVariable
{
    private const string Section = "Serilog";

    private static readonly SettingDescriptor[] Settings =
    [
        Text($"{Section}:MinimumLevel"), Text($"{Section}:MinimumLevel:Default"), Text($"{Section}:MinimumLevel:Override:NAME"),
        Text($"{Section}:WriteTo"), Text($"{Section}:WriteTo:0"), Text($"{Section}:WriteTo:0:Name"), Text($"{Section}:WriteTo:0:Args:NAME"),
        Text($"{Section}:Enrich"), Text($"{Section}:Enrich:0"), Text($"{Section}:Properties:NAME"),
        Text($"{Section}:Using"), Text($"{Section}:Using:0"),
    ];

    /// <summary>The key that <paramref name="name"/> means; null if it does not begin with the section.</summary>
    /// <param name="name">The variable without its prefix.</param>
    public static string? Find(string name)
    {
        var words = name.Split('_');
        if (words.Length < 2 || !words[0].Equals(Section, StringComparison.OrdinalIgnoreCase)) return null;
        if (IsServiceLink(words)) return null;
        return SettingSpelling.Find(name, Settings) ?? string.Join(':', [Section, .. words[1..].Where(word => word.Length > 0)]);
    }

    // What Kubernetes and Docker set for a service named sse-serilog: SERILOG_SERVICE_HOST, SERILOG_PORT, SERILOG_PORT_80_TCP.
    private static bool IsServiceLink(string[] words) => words[1] is "SERVICE" or "PORT";

    private static SettingDescriptor Text(string key) => new(key, SettingKind.Text, "", "", "");
}
