namespace SseServer.Hosting.Commands;

/// <summary>The commands of the program. A new command is one entry here.</summary>
internal static class CommandTable
{
    /// <summary>Every command, in the order of the help text.</summary>
    public static IReadOnlyList<Command> All { get; } =
    [
        ServerCommand.Command, HistoryCommands.Check, HistoryCommands.Stats, HistoryCommands.Export, HistoryTransferCommands.Import,
        HistoryTransferCommands.Migrate,
    ];
}
