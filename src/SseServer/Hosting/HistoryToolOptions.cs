using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>The tools of <c>sse-server history</c>, and their options other than settings.</summary>
internal sealed class HistoryToolOptions
{
    /// <summary>The first argument.</summary>
    public const string Command = "history";

    /// <summary>The tools' names and meanings, in the order of <see cref="HistoryTool"/>.</summary>
    public static IReadOnlyList<(string Name, string Help)> Tools { get; } =
    [
        ("check", "Reads the whole file and says what is wrong with it; exits with 0 where nothing is, else 1."),
        ("stats", "Says what the file holds: its size, its events, and the topics that hold most."),
        ("export", "Writes the events as lines of JSON in the order of their ids, as a POST of application/x-ndjson takes them."),
    ];

    public Option<string> Config { get; } = new("--config")
    {
        HelpName = "FILE",
        Description = "Takes History:Path from a server's JSON file.",
    };

    public Option<string[]> Topic { get; } = new("--topic")
    {
        HelpName = "TOPIC",
        Arity = ArgumentArity.OneOrMore,
        Description = "Exports this topic, or the topics of this pattern (orders/*), only. Several: repeat it.",
    };

    public Option<string> Since { get; } = new("--since")
    {
        HelpName = "TIME",
        Description = "Exports what came at or after a time (2026-01-31T12:00:00Z), within a duration back (6h), or after an event id.",
    };

    /// <summary>The options of a tool.</summary>
    public IReadOnlyList<Option> For(HistoryTool tool) => tool == HistoryTool.Export ? [Config, Topic, Since] : [Config];

    public static bool TryGetTool(string name, out HistoryTool tool, [NotNullWhen(false)] out string? problem)
    {
        for (tool = 0; (int)tool < Tools.Count; tool++)
        {
            problem = null;
            if (Tools[(int)tool].Name == name) return true;
        }

        var meant = Suggestion.For(name, Tools.Select(known => known.Name));
        problem = name.Length == 0 || name.StartsWith('-') ? "sse-server history needs to be told what to do; write history check, history stats or history export."
            : meant is null ? $"The history tool '{name}' is not known; there are check, stats and export."
            : $"The history tool '{name}' is not known; did you mean {meant}?";
        return false;
    }
}
