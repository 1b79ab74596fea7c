using Microsoft.Extensions.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Settings.Configuration;

namespace SseServer.Hosting;

/// <summary>Makes the program's one logger from the <c>Serilog</c> section. Nothing outside Hosting knows Serilog.</summary>
internal static class ServerLogging
{
    // One line an event. Values are written as JSON, so that a line break inside one cannot forge a line of the log.
    private const string Template = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {SourceContext}: {Message:j}{NewLine}{Exception}";

    /// <summary>
    /// Gives the logger, or null and one sentence in <paramref name="problem"/> where the section cannot be used.
    /// Without <c>Serilog:WriteTo</c> it writes to the console from a thread of its own, so that a slow terminal delays no stream.
    /// </summary>
    public static Logger? Create(IConfiguration configuration, out string? problem)
    {
        problem = null;
        // Sinks are named in code because a trimmed single file has no directory in which to look for their assemblies.
        var sinks = new ConfigurationReaderOptions(
            typeof(ConsoleLoggerConfigurationExtensions).Assembly,
            typeof(LoggerConfigurationAsyncExtensions).Assembly);
        try
        {
            var logger = new LoggerConfiguration()
                .MinimumLevel.Is(LogEventLevel.Information)
                // Start-up failures and faults of hosted services are reported by ServerProgram, once.
                .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
                .ReadFrom.Configuration(configuration, sinks);
            if (!configuration.GetSection("Serilog:WriteTo").Exists())
                logger.WriteTo.Async(sink => sink.Console(outputTemplate: Template));
            return logger.CreateLogger();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException)
        {
            problem = $"The Serilog section cannot be used: {exception.Message.TrimEnd('.')}.";
            return null;
        }
    }
}
