using Microsoft.Extensions.Configuration;
using Serilog.Events;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>
/// Checks the <c>Serilog</c> section. Serilog passes over what it does not know: a mistyped key leaves the default, a sink that is not
/// part of the program leaves a server without a log. So the section may only hold what this program has, and each thing else is one
/// sentence.
/// </summary>
internal static class LogSettings
{
    /// <summary>The sink that stands for no log at all, for those who want that.</summary>
    public const string NoSink = "None";

    private const string Root = "Serilog";

    private static readonly string[] Sections = ["MinimumLevel", "WriteTo", "Enrich", "Properties", "Using"];
    private static readonly string[] PartsOfSinks = ["Name", "Args"];
    private static readonly string[] Levels = Enum.GetNames<LogEventLevel>();
    private static readonly string[] Assemblies = ["Serilog.Sinks.Console", "Serilog.Sinks.Async"];

    // Each sink's arguments, those that are sinks in turn first.
    private static readonly Dictionary<string, string[]> Sinks = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Console"] =
        [
            "restrictedToMinimumLevel", "outputTemplate", "standardErrorFromLevel", "theme", "applyThemeToRedirectedOutput", "formatter",
        ],
        ["Async"] = ["configure", "bufferSize", "blockWhenFull"],
        [NoSink] = [],
    };

    /// <summary>One sentence for each thing in the section that would have no effect or another than it says.</summary>
    public static IReadOnlyList<string> Check(IConfiguration configuration)
    {
        var problems = new List<string>();
        var section = configuration.GetSection(Root);
        if (section.Value is { Length: > 0 })
            problems.Add($"{Root} is a single text; allowed is a JSON object, or settings {Root}:MinimumLevel and others.");
        foreach (var child in section.GetChildren())
        {
            switch (Sections.FirstOrDefault(name => name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)))
            {
                case "MinimumLevel": CheckLevels(child, problems); break;
                case "WriteTo": CheckSinks(child, problems); break;
                case "Enrich": CheckEnrichers(child, problems); break;
                case "Using": CheckAssemblies(child, problems); break;
                case null: Unknown(child.Path, Sections.Select(name => $"{Root}:{name}"), problems); break;
            }
        }

        return problems;
    }

    /// <summary>The configuration without the sinks that stand for none, which Serilog does not know.</summary>
    public static IConfiguration WithoutNoSink(IConfiguration configuration)
    {
        var sinks = configuration.GetSection($"{Root}:WriteTo");
        var none = sinks.GetChildren().Prepend(sinks)
            .Where(sink => NoSink.Equals(sink.Value ?? sink["Name"], StringComparison.OrdinalIgnoreCase))
            .Select(sink => sink.Path).ToList();
        var others = configuration.AsEnumerable().Where(pair => !none.Exists(path => IsWithin(pair.Key, path)));
        return new ConfigurationBuilder().AddInMemoryCollection(others).Build();
    }

    private static bool IsWithin(string key, string path)
        => key.StartsWith(path, StringComparison.OrdinalIgnoreCase) && (key.Length == path.Length || key[path.Length] == ':');

    private static void CheckLevels(IConfigurationSection section, List<string> problems)
    {
        CheckLevel(section, problems);
        foreach (var child in section.GetChildren())
        {
            if (child.Key.Equals("Default", StringComparison.OrdinalIgnoreCase)) CheckLevel(child, problems);
            else if (!child.Key.Equals("Override", StringComparison.OrdinalIgnoreCase))
                Unknown(child.Path, [$"{section.Path}:Default", $"{section.Path}:Override"], problems);
            else
                foreach (var category in child.GetChildren()) CheckLevel(category, problems);
        }
    }

    private static void CheckLevel(IConfigurationSection section, List<string> problems)
    {
        if (section.Value is { Length: > 0 } level && !Levels.Contains(level, StringComparer.OrdinalIgnoreCase))
            problems.Add($"{section.Path}: '{level}' is not a level; allowed is one of {string.Join(", ", Levels)}.");
    }

    // Serilog:WriteTo=Console, :0=Console, :0:Name=Console with :0:Args:..., or any name in place of the 0.
    private static void CheckSinks(IConfigurationSection section, List<string> problems)
    {
        if (section.Value is { Length: > 0 }) CheckSink(section, section.Value, [], problems);
        foreach (var child in section.GetChildren())
        {
            if (child.Value is { Length: > 0 })
            {
                CheckSink(child, child.Value, [], problems);
                continue;
            }

            var known = problems.Count;
            foreach (var part in child.GetChildren())
            {
                if (!PartsOfSinks.Contains(part.Key, StringComparer.OrdinalIgnoreCase))
                    Unknown(part.Path, [$"{child.Path}:Name", $"{child.Path}:Args"], problems);
            }

            if (child["Name"] is { Length: > 0 } name) CheckSink(child, name, child.GetSection("Args").GetChildren(), problems);
            // A mistyped one is told already.
            else if (problems.Count == known) problems.Add($"{child.Path} names no sink; give it {child.Path}:Name, one of {SinkNames}.");
        }
    }

    private static string SinkNames => string.Join(", ", Sinks.Keys);

    private static void CheckSink(
        IConfigurationSection section, string name, IEnumerable<IConfigurationSection> arguments, List<string> problems)
    {
        if (!Sinks.TryGetValue(name, out var known))
        {
            problems.Add($"{section.Path}: '{name}' is no sink of this program; allowed is one of {SinkNames}.");
            return;
        }

        foreach (var argument in arguments)
        {
            if (!known.Contains(argument.Key, StringComparer.OrdinalIgnoreCase))
                Unknown(argument.Path, known.Select(one => $"{section.Path}:Args:{one}"), problems);
            else if (argument.Key.Equals("configure", StringComparison.OrdinalIgnoreCase)) CheckSinks(argument, problems);
            else if (argument.Key.EndsWith("Level", StringComparison.OrdinalIgnoreCase)) CheckLevel(argument, problems);
        }
    }

    private static void CheckEnrichers(IConfigurationSection section, List<string> problems)
    {
        foreach (var child in section.GetChildren().Prepend(section))
        {
            var name = child.Value ?? (child == section ? null : child["Name"]);
            if (name is null or "" or "FromLogContext" or "WithProperty") continue;
            problems.Add($"{child.Path}: '{name}' is no enricher of this program; allowed is FromLogContext or WithProperty.");
        }
    }

    // What it names is there already. It is taken, because other programs' sections have it.
    private static void CheckAssemblies(IConfigurationSection section, List<string> problems)
    {
        foreach (var child in section.GetChildren().Prepend(section))
        {
            if (child.Value is { Length: > 0 } name && !Assemblies.Contains(name, StringComparer.OrdinalIgnoreCase))
                problems.Add($"{child.Path}: '{name}' is not part of this program; allowed is {string.Join(" or ", Assemblies)}.");
        }
    }

    private static void Unknown(string key, IEnumerable<string> known, List<string> problems)
    {
        var meant = Suggestion.For(key, known);
        problems.Add(meant is null
            ? $"{key} is not a setting of the log; allowed are {string.Join(", ", known)}."
            : $"{key} is not a setting of the log; did you mean {meant}?");
    }
}
