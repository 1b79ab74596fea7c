using Serilog.Core;
using Serilog.Events;

namespace SseServer.Hosting;

/// <summary>
/// Makes the values of log events safe for a terminal (<see cref="TerminalText"/>), for every sink and template. The text of an exception
/// cannot be changed in an event, so our template uses a property with the safe text, whose lines are indented so that none looks like
/// another event.
/// </summary>
internal sealed class TerminalEnricher : ILogEventEnricher
{
    /// <summary>The property with the text of the exception and a line break; absent if there is no exception.</summary>
    public const string ExceptionProperty = "ExceptionText";

    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        List<LogEventProperty>? changed = null;
        foreach (var (name, value) in logEvent.Properties)
            if (Escape(value) is { } escaped) (changed ??= []).Add(new(name, escaped));

        foreach (var property in changed ?? []) logEvent.AddOrUpdateProperty(property);
        if (logEvent.Exception is not { } exception) return;
        var text = TerminalText.Escape(exception.ToString(), keepsLines: true).ReplaceLineEndings(Environment.NewLine + "  ");
        logEvent.AddOrUpdateProperty(new(ExceptionProperty, new ScalarValue("  " + text + Environment.NewLine)));
    }

    // Null if the value is safe.
    private static LogEventPropertyValue? Escape(LogEventPropertyValue value) => value switch
    {
        ScalarValue { Value: { } scalar } => EscapeScalar(scalar),
        SequenceValue sequence when sequence.Elements.Any(element => Escape(element) is not null) =>
            new SequenceValue(sequence.Elements.Select(EscapeOrKeep)),
        StructureValue structure when structure.Properties.Any(property => Escape(property.Value) is not null) =>
            new StructureValue(
                structure.Properties.Select(property => new LogEventProperty(property.Name, EscapeOrKeep(property.Value))),
                structure.TypeTag),
        DictionaryValue dictionary when dictionary.Elements.Any(pair => Escape(pair.Key) is not null || Escape(pair.Value) is not null) =>
            new DictionaryValue(dictionary.Elements.Select(pair =>
                new KeyValuePair<ScalarValue, LogEventPropertyValue>((ScalarValue)EscapeOrKeep(pair.Key), EscapeOrKeep(pair.Value)))),
        _ => null,
    };

    private static LogEventPropertyValue EscapeOrKeep(LogEventPropertyValue value) => Escape(value) ?? value;

    private static ScalarValue? EscapeScalar(object scalar)
    {
        var text = scalar.ToString() ?? "";
        var escaped = TerminalText.Escape(text);
        return ReferenceEquals(escaped, text) ? null : new(escaped);
    }
}
