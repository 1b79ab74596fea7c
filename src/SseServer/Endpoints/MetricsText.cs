using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace SseServer.Endpoints;

/// <summary>
/// Writes the observable instruments of meters in Prometheus' text format 0.0.4, each with its help and type. Only counters and gauges: the
/// server has no others.
/// </summary>
internal static class MetricsText
{
    public static ReadOnlySpan<byte> ContentType => "text/plain; version=0.0.4; charset=utf-8"u8;

    /// <summary>Reads the instruments. Every call has its own listener, so that nothing is measured between calls.</summary>
    public static string Read(IReadOnlyCollection<Meter> meters)
    {
        var text = new StringBuilder(16 * 1024);
        Instrument? last = null;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (meters.Contains(instrument.Meter)) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>(
            (instrument, value, tags, _) => Add(instrument, value.ToString(CultureInfo.InvariantCulture), tags));
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) => Add(instrument, value.ToString(CultureInfo.InvariantCulture), tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, Number(value), tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return text.ToString();

        void Add(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (instrument != last) WriteHead(text, instrument);
            last = instrument;
            WriteSample(text, instrument.Name, tags, value);
        }
    }

    // comment = "# HELP " metric-name " " docstring LF "# TYPE " metric-name " " type LF
    private static void WriteHead(StringBuilder text, Instrument instrument)
    {
        var help = (instrument.Description ?? "")
            .Replace("\\", @"\\", StringComparison.Ordinal)
            .Replace("\n", @"\n", StringComparison.Ordinal);
        var type = instrument is ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double> ? "counter" : "gauge";
        text.Append("# HELP ").Append(instrument.Name).Append(' ').Append(help).Append('\n');
        text.Append("# TYPE ").Append(instrument.Name).Append(' ').Append(type).Append('\n');
    }

    // sample = metric-name [ "{" label-name "=" DQUOTE label-value DQUOTE *( "," .. ) "}" ] " " value LF
    private static void WriteSample(StringBuilder text, string name, ReadOnlySpan<KeyValuePair<string, object?>> tags, string value)
    {
        text.Append(name);
        for (var i = 0; i < tags.Length; i++)
        {
            text.Append(i == 0 ? '{' : ',').Append(tags[i].Key).Append("=\"");
            foreach (var character in Convert.ToString(tags[i].Value, CultureInfo.InvariantCulture) ?? "")
            {
                if (character == '\n') text.Append(@"\n");
                else if (character is '\\' or '"') text.Append('\\').Append(character);
                else text.Append(character);
            }

            text.Append('"');
        }

        if (tags.Length > 0) text.Append('}');
        text.Append(' ').Append(value).Append('\n');
    }

    private static string Number(double value)
        => double.IsPositiveInfinity(value) ? "+Inf"
            : double.IsNegativeInfinity(value) ? "-Inf"
            : value.ToString("R", CultureInfo.InvariantCulture);
}
