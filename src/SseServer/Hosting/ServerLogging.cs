using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace SseServer.Hosting;

/// <summary>Creates the only logger of the program. Only Hosting knows Serilog.</summary>
internal static class ServerLogging
{
    // One line for each event, with the lines of its exception indented below. Values are written as JSON, so that a quotation mark in a
    // value does not end it.
    private const string Template =
        "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {SourceContext}: {Message:j}{NewLine}"
            + "{" + TerminalEnricher.ExceptionProperty + "}";

    static ServerLogging() => SelfLog.Enable(message => Console.Error.WriteLine(TerminalText.Escape(message, keepsLines: true)));

    /// <summary>
    /// Creates a logger that writes to standard output on a thread of its own, so that a slow terminal does not delay streams. Serilog's
    /// own diagnostics go to standard error.
    /// </summary>
    public static Logger Create(LogOptions options)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(options.Level)
            // ServerCommand reports failures of the start and of hosted services, once.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal);
        foreach (var (name, level) in options.Levels) logger.MinimumLevel.Override(name, level);
        return options.IsJson
            ? logger.WriteTo.Async(sink => sink.Console(new JsonLogFormatter())).CreateLogger()
            : logger.Enrich.With<TerminalEnricher>().WriteTo.Async(sink => sink.Console(outputTemplate: Template)).CreateLogger();
    }
}
