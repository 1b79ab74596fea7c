using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>
/// The whole run of the program from arguments to exit code. What its user did wrong is one sentence for each problem
/// on the error stream, never a stack trace.
/// </summary>
internal static class ServerProgram
{
    /// <summary>Does what the arguments ask and gives an <see cref="ExitCode"/>.</summary>
    /// <param name="args">The process's arguments.</param>
    /// <param name="environment">The process's environment; only variables with our prefix are looked at.</param>
    /// <param name="output">Takes answers: help, version, the result of a check.</param>
    /// <param name="error">Takes problems.</param>
    /// <param name="addServer">Adds the hosted services that are the server.</param>
    /// <param name="cancellation">Stops a running server, as SIGTERM does.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args,
        IReadOnlyCollection<KeyValuePair<string, string?>> environment,
        TextWriter output,
        TextWriter error,
        Action<IServiceCollection> addServer,
        CancellationToken cancellation = default)
    {
        (output, error) = (new TerminalWriter(output), new TerminalWriter(error));
        var commandLine = CommandLine.Parse(args);
        if (commandLine.Errors.Count > 0)
            return Refuse(error, commandLine.Errors);

        switch (commandLine.Action)
        {
            case CommandLineAction.Help:
                HelpText.Write(output, Declarations());
                return ExitCode.Success;
            case CommandLineAction.Version:
                await output.WriteLineAsync($"sse-server {ProductVersion.Text}");
                return ExitCode.Success;
            case CommandLineAction.Check:
                return await HealthCheck.RunAsync(commandLine.CheckUrl!, output, error, cancellation);
        }

        var configuration = ConfigurationLoader.Load(commandLine.ConfigFile, environment, commandLine.Settings, out var problem);
        if (configuration is null)
            return Refuse(error, [problem!]);

        if (commandLine.History is { } history)
            return history.Run(new SettingsReader(configuration), output, error);

        var reader = new SettingsReader(configuration);
        var settings = ServerSettings.Read(reader);
        List<string> problems = [.. reader.Errors, .. reader.UnknownKeys(), .. EnvironmentSettings.Mistaken(environment, Declarations())];
        if (problems.Count > 0)
            return Refuse(error, problems);

        await using var logger = ServerLogging.Create(settings.Logging);
        using var host = ServerHost.Build(settings, logger, addServer);
        return await RunServerAsync(host, settings, error, cancellation);
    }

    private static async Task<int> RunServerAsync(IHost host, ServerSettings settings, TextWriter error, CancellationToken cancellation)
    {
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ServerProgram));
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        using var stopping = lifetime.ApplicationStopping.Register(() => HostingLog.Stopping(logger, settings.Drain.CutOff.TotalSeconds));
        using var hangUp = HangUp.Handle(lifetime, logger);
        try
        {
            await host.StartAsync(cancellation);
            HostingLog.Started(logger, ProductVersion.Text, Environment.ProcessId);
            await host.WaitForShutdownAsync(cancellation);
            ThrowIfFaulted(host);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Asked to stop while starting.
        }
        catch (StartupException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.Failure;
        }
        catch (Exception exception)
        {
            // Whatever it is, it is a fault of the program: the log has the trace, the operator a sentence.
            HostingLog.BrokeDown(logger, exception);
            await error.WriteLineAsync($"The server broke down: {exception.Message.TrimEnd('.')}; the log has the details.");
            return ExitCode.Failure;
        }
        HostingLog.Stopped(logger);
        return ExitCode.Success;
    }

    // The host stops in order when a background service fails, and would report success.
    private static void ThrowIfFaulted(IHost host)
    {
        foreach (var service in host.Services.GetServices<IHostedService>())
        {
            if (service is BackgroundService { ExecuteTask: { IsFaulted: true } task })
                throw new InvalidOperationException(task.Exception.GetBaseException().Message, task.Exception.GetBaseException());
        }
    }

    private static IReadOnlyList<SettingDescriptor> Declarations()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());
        ServerSettings.Read(reader);
        return reader.Descriptors;
    }

    private static int Refuse(TextWriter error, IReadOnlyList<string> problems)
    {
        foreach (var problem in problems)
            error.WriteLine(problem);
        return ExitCode.Usage;
    }
}
