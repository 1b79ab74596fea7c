using SseServer.Hosting.Settings;

namespace SseServer.Hosting.Commands;

/// <summary>
/// The parsed arguments: <c>[COMMAND] [--option [VALUE]]... [--Section:Key=VALUE]...</c> A name with a colon is a setting, which any
/// command takes; <c>--name VALUE</c> and <c>--name=VALUE</c> mean the same. Parsing has no effects.
/// </summary>
internal sealed class CommandLine
{
    private readonly List<string> _errors = [];
    private readonly List<KeyValuePair<string, string?>> _settings = [];
    private readonly Dictionary<CommandOption, List<string>> _options = [];

    private CommandLine(Command command) => Command = command;

    /// <summary>The command; the server if the arguments name none.</summary>
    public Command Command { get; }

    /// <summary>Settings in the order given, keys with colons; a later one replaces an earlier one.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Settings => _settings;

    /// <summary>One sentence for every problem; if there is any, the command must not run.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Parses the arguments of the process. A request for help has no errors.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="commands">All commands; one of them, the server, has no words.</param>
    public static CommandLine Parse(IReadOnlyList<string> args, IReadOnlyList<Command> commands)
    {
        var command = commands.OrderByDescending(command => command.Words.Length)
            .First(command => args.Take(command.Words.Length).SequenceEqual(command.Words));
        var line = new CommandLine(command);
        var strays = line.ReadArguments(args, command.Words.Length);
        line.CheckOptions();
        if (line.Has(CommandOption.ForHelp)) line._errors.Clear();
        else line._errors.AddRange(UnknownArguments.Describe(command, commands, strays));
        line.ApplyShortcuts();
        return line;
    }

    /// <summary>Whether an option is given.</summary>
    public bool Has(CommandOption option) => _options.ContainsKey(option);

    /// <summary>The value of an option; null if it is not given.</summary>
    public string? Value(CommandOption option) => Values(option) is [var value, ..] ? value : null;

    /// <summary>The values of an option in the order given.</summary>
    public IReadOnlyList<string> Values(CommandOption option) => _options.GetValueOrDefault(option) ?? [];

    // Returns the arguments that are no option, no value and no setting.
    private List<string> ReadArguments(IReadOnlyList<string> args, int start)
    {
        var strays = new List<string>();
        for (var i = start; i < args.Count; i++)
        {
            var (name, value) = args[i].IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals
                ? (args[i][..equals], args[i][(equals + 1)..])
                : (args[i], null);
            var isSetting = name.StartsWith("--", StringComparison.Ordinal) && name.Contains(':', StringComparison.Ordinal);
            var option = isSetting ? null : FindOption(name);
            if (!isSetting && option is null)
            {
                strays.Add(args[i]);
                continue;
            }

            var takesNext = value is null && (isSetting || option!.ValueName is not null)
                && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (takesNext) value = args[++i];
            if (isSetting) AddSetting(name, value);
            else AddOption(option!, value);
        }

        return strays;
    }

    private CommandOption? FindOption(string name)
        => Command.Options.Append(CommandOption.ForHelp).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private void AddSetting(string name, string? value)
    {
        if (value is not null) _settings.Add(new(name[2..], value));
        else _errors.Add($"{SecretText.ShownKey(name)} has no value; write {SecretText.ShownKey(name)}=VALUE.");
    }

    private void AddOption(CommandOption option, string? value)
    {
        if (option.ValueName is null && value is not null) _errors.Add($"{option.Name} takes no value; write {option.Name} alone.");
        if (!_options.TryGetValue(option, out var values)) _options.Add(option, values = []);
        if (option.ValueName is not null) values.Add(value ?? "");
    }

    private void CheckOptions()
    {
        foreach (var (option, values) in _options)
        {
            if (values.Contains(""))
                _errors.Add($"{option.Name} needs a value; write {option.Name} {option.ValueName}.");
            else if (values.Count > 1 && !option.IsRepeatable)
                _errors.Add($"{option.Name} is given {values.Count} times; give it once.");
            else
                _errors.AddRange(values.Select(value => (value, problem: option.FindProblem(value)))
                    .Where(pair => pair.problem is not null).Select(pair => $"{option.Name}: '{pair.value}' {pair.problem}"));
        }
    }

    private void ApplyShortcuts()
    {
        foreach (var option in Command.Options.Where(option => option.Setting is not null && Has(option)))
            _settings.Add(new(option.Setting!, option.ValueName is null ? "true" : string.Join(',', Values(option))));
    }
}
