using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting.Commands;

/// <summary>The command without a name: runs the server.</summary>
internal static class ServerCommand
{
    private static readonly CommandOption Listen = new(
        "--listen",
        "Address to listen on, with https:// before it for TLS; short for --Server:Listen. Repeat it, or use commas, for several.")
    {
        ValueName = "HOST:PORT",
        IsRepeatable = true,
        Setting = "Server:Listen",
    };

    private static readonly CommandOption Demo = new("--demo", "Publishes sample events; short for --Demo:Enabled=true.")
    {
        Setting = "Demo:Enabled",
    };

    /// <summary>Checks a running server instead.</summary>
    public static CommandOption HealthCheckUrl { get; } = new(
        "--check",
        "Checks a running server, as in --check http://127.0.0.1:8080/healthz; exits with 0 if the status is 200, otherwise with 1. The "
            + "certificate of https://localhost and loopback addresses is not verified.")
    {
        ValueName = "URL",
        FindProblem = text => HealthCheck.TryParseUrl(text, out _)
            ? null
            : "is not an http or https URL; write one such as http://127.0.0.1:8080/healthz.",
    };

    /// <summary>Prints the version instead.</summary>
    public static CommandOption Version { get; } = new("--version", "Prints the version.");

    /// <summary>The command's entry in the table.</summary>
    public static Command Command { get; } = new(
        "", "Runs the server until SIGTERM or Ctrl+C.", [Listen, Demo, CommandOption.ForConfig, HealthCheckUrl, Version], RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        if (context.Line.Has(Version))
        {
            await context.Output.WriteLineAsync($"sse-server {ProductVersion.Text}");
            return ExitCode.Success;
        }

        if (context.Line.Value(HealthCheckUrl) is { } text && HealthCheck.TryParseUrl(text, out var url))
            return await HealthCheck.RunAsync(url, context.Output, context.Error, context.Cancellation);

        if (context.LoadConfiguration() is not { } configuration) return ExitCode.Usage;
        var reader = new SettingsReader(configuration);
        var settings = ServerSettings.Read(reader);
        var misspelled = EnvironmentSettings.Mistaken(context.Environment, ServerSettings.Declarations());
        List<string> problems = [.. reader.Errors, .. reader.UnknownKeys(), .. misspelled];
        if (problems.Count > 0) return context.Refuse(problems);

        await using var logger = ServerLogging.Create(settings.Logging);
        using var host = ServerHost.Build(settings, logger, context.AddServer);
        return await RunHostAsync(host, settings, context.Error, context.Cancellation);
    }

    private static async Task<int> RunHostAsync(IHost host, ServerSettings settings, TextWriter error, CancellationToken cancellation)
    {
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ServerHost));
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
        catch (OperationCanceledException)
            when (cancellation.IsCancellationRequested || lifetime.ApplicationStopping.IsCancellationRequested)
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
            // A bug, whatever it is: the stack trace goes to the log, and one sentence to the operator.
            HostingLog.UnhandledException(logger, exception);
            await error.WriteLineAsync($"The server failed: {exception.Message.TrimEnd('.')}; the log has the details.");
            return ExitCode.Failure;
        }

        HostingLog.Stopped(logger);
        return ExitCode.Success;
    }

    // If a background service fails, the host stops cleanly and would report success.
    private static void ThrowIfFaulted(IHost host)
    {
        foreach (var service in host.Services.GetServices<IHostedService>())
            if (service is BackgroundService { ExecuteTask: { IsFaulted: true } task })
                throw new InvalidOperationException(task.Exception.GetBaseException().Message, task.Exception.GetBaseException());
    }
}
