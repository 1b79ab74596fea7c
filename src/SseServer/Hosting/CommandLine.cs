using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>The arguments, understood. Parsing does nothing else: no output, no file, no exit.</summary>
internal sealed record CommandLine
{
    /// <summary>What to do. Where <see cref="Errors"/> has any, nothing but saying them.</summary>
    public required CommandLineAction Action { get; init; }

    /// <summary>The value of <c>--config</c>.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The value of <c>--check</c>; set where that is the action.</summary>
    public Uri? CheckUrl { get; init; }

    /// <summary>What to do with a history; set where that is the action.</summary>
    public HistoryCommand? History { get; init; }

    /// <summary>Settings in the order given, keys with colons. A later one replaces an earlier one.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Settings { get; init; } = [];

    /// <summary>One sentence for every problem.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>Reads the arguments of the process.</summary>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        if (args is [HistoryToolOptions.Command, ..])
            return ParseHistory(args);

        var errors = new List<string>();
        var settings = new List<KeyValuePair<string, string?>>();
        var options = new CommandLineOptions();
        var parser = new OptionParser(options.All);
        var parsed = parser.Parse(TakeSettings(args, settings, errors));
        errors.AddRange(parser.Describe(parsed));

        if (parsed.GetResult(options.Help) is { Implicit: false })
            return new() { Action = CommandLineAction.Help };
        if (errors.Count > 0)
            return new() { Action = CommandLineAction.Run, Errors = errors };
        if (parsed.GetValue(options.Version))
            return new() { Action = CommandLineAction.Version };
        if (parsed.GetValue(options.Check) is { } check)
            return ParseCheck(check);

        if (parsed.GetValue(options.Listen) is { Length: > 0 } listen)
            settings.Add(new("Server:Listen", string.Join(',', listen)));
        if (parsed.GetValue(options.Demo))
            settings.Add(new("Demo:Enabled", "true"));
        return new() { Action = CommandLineAction.Run, ConfigFile = parsed.GetValue(options.Config), Settings = settings };
    }

    private static CommandLine ParseHistory(IReadOnlyList<string> args)
    {
        var errors = new List<string>();
        var settings = new List<KeyValuePair<string, string?>>();
        var options = new HistoryToolOptions();
        var tool = args.Count > 1 ? args[1] : "";
        if (!HistoryToolOptions.TryGetTool(tool, out var kind, out var problem))
            return new() { Action = CommandLineAction.Run, Errors = [problem] };

        var parser = new OptionParser(options.For(kind));
        var parsed = parser.Parse(TakeSettings([.. args.Skip(2)], settings, errors));
        errors.AddRange(parser.Describe(parsed));
        if (errors.Count > 0)
            return new() { Action = CommandLineAction.History, Errors = errors };

        var export = kind == HistoryTool.Export;
        var command = new HistoryCommand
        {
            Tool = kind,
            Topics = export ? parsed.GetValue(options.Topic) ?? [] : [],
            Since = export ? parsed.GetValue(options.Since) : null,
        };
        return new()
        {
            Action = CommandLineAction.History,
            History = command,
            ConfigFile = parsed.GetValue(options.Config),
            Settings = settings,
            Errors = [.. command.Problems()],
        };
    }

    // System.CommandLine takes the colon in --Section:Key=value for its own separator, so settings are taken out first.
    private static List<string> TakeSettings(
        IReadOnlyList<string> args, List<KeyValuePair<string, string?>> settings, List<string> errors)
    {
        var others = new List<string>(args.Count);
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            var equals = arg.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? arg : arg[..equals];
            if (!name.StartsWith("--", StringComparison.Ordinal) || !name.Contains(':', StringComparison.Ordinal))
                others.Add(arg);
            else if (equals >= 0)
                settings.Add(new(name[2..], arg[(equals + 1)..]));
            else if (i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                settings.Add(new(name[2..], args[++i]));
            else
                errors.Add($"The setting {SecretText.ShownKey(name)} has no value; write {SecretText.ShownKey(name)}=VALUE.");
        }
        return others;
    }

    private static CommandLine ParseCheck(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url.Host.Length > 0
            ? new() { Action = CommandLineAction.Check, CheckUrl = url }
            : new()
            {
                Action = CommandLineAction.Check,
                Errors = [$"--check: '{text}' is not a URL it can ask; give one such as http://127.0.0.1:8080/healthz."],
            };
}
