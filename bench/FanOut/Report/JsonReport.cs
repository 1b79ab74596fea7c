using System.Text.Json;

namespace SseServer.Bench.FanOut.Report;

/// <summary>Every round's numbers, for programs.</summary>
internal static class JsonReport
{
    public static byte[] Write(BenchOptions options, IReadOnlyList<Result> results)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("machine", Machine.Describe());
            json.WriteNumber("rounds", options.RoundCount);
            json.WriteNumber("windowSeconds", options.Window.TotalSeconds);
            json.WriteNumber("seed", options.Seed);
            json.WriteStartArray("results");
            foreach (var result in results) WriteResult(json, result);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static void WriteResult(Utf8JsonWriter json, Result result)
    {
        json.WriteStartObject();
        json.WriteString("workload", result.Workload);
        json.WriteString("server", result.Server);
        json.WriteNumber("round", result.Round + 1);
        json.WriteStartObject("metrics");
        foreach (var metric in result.Metrics)
        {
            if (double.IsFinite(metric.Value)) json.WriteNumber(metric.Heading, metric.Value);
            else json.WriteNull(metric.Heading);
        }
        json.WriteEndObject();
        json.WriteStartArray("failures");
        foreach (var failure in result.Failures) json.WriteStringValue(failure);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
