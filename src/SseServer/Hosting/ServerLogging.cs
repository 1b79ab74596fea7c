using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace SseServer.Hosting;

/// <summary>Makes the program's one logger. Nothing outside Hosting knows Serilog.</summary>
internal static class ServerLogging
{
    // One line an event, and the lines of its exception indented below it. Values are written as JSON, so that a quotation mark inside
    // one does not end it.
    private const string Template =
        "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {SourceContext}: {Message:j}{NewLine}{" + TerminalEnricher.ExceptionProperty
            + "}";

    static ServerLogging() => SelfLog.Enable(message => Console.Error.WriteLine(TerminalText.Escape(message, keepsLines: true)));

    /// <summary>
    /// Gives a logger that writes to standard output from a thread of its own, so that a slow terminal delays no stream. What Serilog
    /// says of itself is written to standard error.
    /// </summary>
    public static Logger Create(LogOptions options)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(options.Level)
            // Start-up failures and faults of hosted services are reported by ServerProgram, once.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal);
        foreach (var (name, level) in options.Levels) logger.MinimumLevel.Override(name, level);
        return options.IsJson
            ? logger.WriteTo.Async(sink => sink.Console(new JsonLogFormatter())).CreateLogger()
            : logger.Enrich.With<TerminalEnricher>().WriteTo.Async(sink => sink.Console(outputTemplate: Template)).CreateLogger();
    }
}
