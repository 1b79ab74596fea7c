using Microsoft.Extensions.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Settings.Configuration;

namespace SseServer.Hosting;

/// <summary>Makes the program's one logger from the <c>Serilog</c> section. Nothing outside Hosting knows Serilog.</summary>
internal static class ServerLogging
{
    // One line an event, and the lines of its exception indented below it. Values are written as JSON, so that a quotation mark inside
    // one does not end it.
    private const string Template =
        "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {SourceContext}: {Message:j}{NewLine}{" + TerminalEnricher.ExceptionProperty
            + "}";

    // Sinks are named in code because a trimmed single file has no directory in which to look for their assemblies.
    private static readonly ConfigurationReaderOptions Sinks = new(
        typeof(Serilog.ILogger).Assembly,
        typeof(ConsoleLoggerConfigurationExtensions).Assembly,
        typeof(LoggerConfigurationAsyncExtensions).Assembly);

    /// <summary>
    /// Gives the logger, or null and one sentence for each problem of the section in <paramref name="problems"/>.
    /// Without <c>Serilog:WriteTo</c> it writes to the console from a thread of its own, so that a slow terminal delays no stream.
    /// </summary>
    public static Logger? Create(IConfiguration configuration, out IReadOnlyList<string> problems)
    {
        problems = LogSettings.Check(configuration);
        try
        {
            if (problems.Count == 0)
            {
                var logger = LogProblems.Collect(() => Make(configuration), out problems);
                if (problems.Count == 0) return logger;
                logger.Dispose();
            }
        }
        catch (Exception exception) when (exception
            is InvalidOperationException or ArgumentException or FormatException or IOException or TypeLoadException)
        {
            problems = [exception.Message];
        }

        problems = [.. problems.Select(problem => $"The Serilog section cannot be used: {FirstLine(problem)}.")];
        return null;
    }

    // What follows is where in Serilog it happened.
    private static string FirstLine(string problem) => problem.Split('\n', 2)[0].TrimEnd('\r', ' ', '.');

    private static Logger Make(IConfiguration configuration)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(LogEventLevel.Information)
            // Start-up failures and faults of hosted services are reported by ServerProgram, once.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
            .ReadFrom.Configuration(LogSettings.WithoutNoSink(configuration), Sinks)
            .Enrich.With<TerminalEnricher>();
        if (!configuration.GetSection("Serilog:WriteTo").Exists())
            logger.WriteTo.Async(sink => sink.Console(outputTemplate: Template));
        return logger.CreateLogger();
    }
}
