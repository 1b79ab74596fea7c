namespace SseServer.Hosting.Commands;

/// <summary>A command of the program, named by the first words of the command line.</summary>
/// <param name="Name">Its words, as in <c>history check</c>; empty for the server itself.</param>
/// <param name="Help">What it does, in one to three sentences.</param>
/// <param name="Options">Its options besides <c>--help</c>, in the order of the help text. Every command also takes settings.</param>
/// <param name="RunAsync">Runs it and returns an <see cref="ExitCode"/>.</param>
internal sealed record Command(
    string Name, string Help, IReadOnlyList<CommandOption> Options, Func<CommandContext, Task<int>> RunAsync)
{
    /// <summary>The words of <see cref="Name"/>.</summary>
    public string[] Words { get; } = Name.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>An option of a command that is not a setting.</summary>
/// <param name="Name">As it is written: <c>--listen</c>.</param>
/// <param name="Help">What it does, in one to three sentences.</param>
internal sealed record CommandOption(string Name, string Help)
{
    /// <summary>Prints the help of a command; every command has it.</summary>
    public static CommandOption ForHelp { get; } = new("--help", "Prints this text.") { Aliases = ["-h", "-?"] };

    /// <summary>Names the settings file; for commands that need settings.</summary>
    public static CommandOption ForConfig { get; } = new("--config", "Reads settings from a JSON file.") { ValueName = "FILE" };

    /// <summary>Other ways to write it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What its value is called in the help text; null if it takes no value.</summary>
    public string? ValueName { get; init; }

    /// <summary>Whether it may be given several times.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>The setting that it is short for; null if there is none. An option without a value sets it to true.</summary>
    public string? Setting { get; init; }

    /// <summary>Checks a value; returns what is wrong and what to do as a predicate to the value, or null.</summary>
    public Func<string, string?> FindProblem { get; init; } = static _ => null;
}
