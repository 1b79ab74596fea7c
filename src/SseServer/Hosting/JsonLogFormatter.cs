using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;

namespace SseServer.Hosting;

/// <summary>
/// Writes a log event as one line of compact JSON. Characters that a terminal or viewer acts on are written as <c>\u</c> escapes
/// (<see cref="TerminalText"/>), so that the values are unchanged and the line is safe to display.
/// </summary>
internal sealed class JsonLogFormatter : ITextFormatter
{
    private readonly CompactJsonFormatter _formatter = new();

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var line = new StringWriter();
        _formatter.Format(logEvent, line);
        output.Write(TerminalText.Escape(line.ToString(), TerminalText.Form.Json, keepsLines: true));
    }
}
