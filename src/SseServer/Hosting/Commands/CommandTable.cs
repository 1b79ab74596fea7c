namespace SseServer.Hosting.Commands;

/// <summary>The commands of the program. A new command is one entry here.</summary>
internal static class CommandTable
{
    /// <summary>Every command, in the order of the help text.</summary>
    public static IReadOnlyList<Command> All { get; } =
        [ServerCommand.Command, HistoryCommands.Check, HistoryCommands.Stats, HistoryCommands.Export];

    /// <summary>The command whose words the arguments begin with; the server if there is no other.</summary>
    public static Command Find(IReadOnlyList<string> args)
        => All.OrderByDescending(command => command.Words.Length)
            .First(command => args.Take(command.Words.Length).SequenceEqual(command.Words));
}
