using SseServer.Hosting.Settings;

namespace SseServer.Hosting.Commands;

/// <summary>
/// Describes arguments that are no option, no value and no setting, with what was probably meant. An argument may be a secret that has lost
/// its setting, as in <c>--Auth:PublishKeys:ci = SECRET</c>, so it is repeated only if it resembles a known word. Pure.
/// </summary>
internal static class UnknownArguments
{
    /// <summary>One sentence for each problem.</summary>
    public static IEnumerable<string> Describe(Command command, IReadOnlyList<Command> commands, IReadOnlyList<string> arguments)
    {
        if (command.Words.Length == 0 && arguments.Count > 0 && DescribeSubcommand(commands, arguments) is { } problem) return [problem];
        // The text after an unknown option or word probably belongs to it, and is not a problem of its own.
        var options = arguments.Where(argument => argument.StartsWith('-')).ToList();
        return (options.Count > 0 ? options : arguments.Take(1))
            .Select(argument => Describe(command, commands, argument.Split('=')[0]));
    }

    private static string Describe(Command command, IReadOnlyList<Command> commands, string name)
    {
        var isOption = name.StartsWith('-');
        var known = command.Options.Append(CommandOption.ForHelp).Select(option => option.Name);
        if (!isOption && command.Words.Length == 0) known = known.Concat(commands.SelectMany(other => other.Words.Take(1)));
        return Suggestion.For(name, known) is { } meant
            ? $"{(isOption ? $"{name} is not an option" : $"'{name}' is not a command")}; did you mean {meant}?"
            : isOption
                ? $"{SecretText.Shown(name)} is not an option; --help lists the options."
                : "An argument is neither a command nor an option; options begin with --, and --help lists them.";
    }

    // Null if the first argument does not begin the name of a command.
    private static string? DescribeSubcommand(IReadOnlyList<Command> commands, IReadOnlyList<string> arguments)
    {
        var group = arguments[0];
        var names = commands.Where(command => command.Words is [var word, _, ..] && word == group)
            .Select(command => command.Words[1]).ToList();
        if (names.Count == 0) return null;
        var all = $"{group} {string.Join(", ", names[..^1])} or {names[^1]}";
        if (arguments.Count == 1 || arguments[1].StartsWith('-')) return $"{group} needs a command; use {all}.";
        return Suggestion.For(arguments[1], names) is { } meant
            ? $"'{arguments[1]}' is not a {group} command; did you mean {group} {meant}?"
            : $"'{SecretText.Shown(arguments[1])}' is not a {group} command; use {all}.";
    }
}
