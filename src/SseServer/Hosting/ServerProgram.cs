using Microsoft.Extensions.DependencyInjection;
using SseServer.Hosting.Commands;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>
/// The program from arguments to exit code. Each mistake of its user is one sentence on the error stream, never a stack trace.
/// </summary>
internal static class ServerProgram
{
    /// <summary>Runs the command of the arguments and returns an <see cref="ExitCode"/>.</summary>
    /// <param name="args">The arguments of the process.</param>
    /// <param name="environment">The environment of the process; only variables with our prefix are read.</param>
    /// <param name="output">Receives results: help, version, the result of a check.</param>
    /// <param name="error">Receives problems.</param>
    /// <param name="addServer">Adds the hosted services that are the server.</param>
    /// <param name="cancellation">Stops a running server, as SIGTERM does.</param>
    public static Task<int> RunAsync(
        IReadOnlyList<string> args,
        IReadOnlyCollection<KeyValuePair<string, string?>> environment,
        TextWriter output,
        TextWriter error,
        Action<IServiceCollection> addServer,
        CancellationToken cancellation = default)
    {
        var line = CommandLine.Parse(args, CommandTable.All);
        var context = new CommandContext(
            line, environment, new TerminalWriter(output), new TerminalWriter(error), addServer, cancellation);
        if (line.Errors.Count > 0) return Task.FromResult(context.Refuse(line.Errors));
        if (!line.Has(CommandOption.ForHelp)) return line.Command.RunAsync(context);
        HelpText.Write(context.Output, line.Command, CommandTable.All, ServerSettings.Declarations());
        return Task.FromResult(ExitCode.Success);
    }
}
