using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting.Commands;

/// <summary>What a command runs with.</summary>
/// <param name="Line">The command line.</param>
/// <param name="Environment">The environment of the process.</param>
/// <param name="Output">Receives results.</param>
/// <param name="Error">Receives problems.</param>
/// <param name="AddServer">Adds the hosted services that are the server.</param>
/// <param name="Cancellation">Stops the command, as SIGTERM does.</param>
internal sealed record CommandContext(
    CommandLine Line,
    IReadOnlyCollection<KeyValuePair<string, string?>> Environment,
    TextWriter Output,
    TextWriter Error,
    Action<IServiceCollection> AddServer,
    CancellationToken Cancellation)
{
    /// <summary>The settings from all sources; null, after an error message, if the file cannot be used.</summary>
    public IConfigurationRoot? LoadConfiguration()
    {
        var file = Line.Value(CommandOption.ForConfig);
        var configuration = ConfigurationLoader.Load(file, Environment, Line.Settings, out var problem);
        if (configuration is null) Refuse([problem!]);
        return configuration;
    }

    /// <summary>Prints one line for each problem and returns the exit code for them.</summary>
    public int Refuse(IEnumerable<string> problems)
    {
        foreach (var problem in problems) Error.WriteLine(problem);
        return ExitCode.Usage;
    }
}
