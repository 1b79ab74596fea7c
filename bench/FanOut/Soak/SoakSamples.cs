using System.Globalization;
using System.Text;

namespace SseServer.Bench.FanOut.Soak;

/// <summary>
/// What was read of the server from time to time: everything in its metrics, its resident memory, and the probe's latency.
/// </summary>
internal sealed class SoakSamples
{
    public const string Resident = "rss_bytes";
    public const string P50 = "probe_p50_us";
    public const string P99 = "probe_p99_us";

    private readonly List<(TimeSpan At, Dictionary<string, double> Values)> _samples = [];

    public int Count => _samples.Count;

    public void Add(TimeSpan at, string metrics, long resident, (double P50, double P99) latency)
    {
        var values = new Dictionary<string, double> { [Resident] = resident, [P50] = latency.P50, [P99] = latency.P99 };
        foreach (var line in metrics.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#') continue;
            var end = line.LastIndexOf(' ');
            values[line[..end]] = double.Parse(line.AsSpan(end + 1), CultureInfo.InvariantCulture);
        }
        _samples.Add((at, values));
    }

    /// <summary>The median of a value over the first tenth of the samples or over the last.</summary>
    public double Median(string name, bool isEnd) => Pick(name, isEnd, values => values[values.Count / 2]);

    /// <summary>
    /// The least of a value over the first tenth or the last: of a heap with its garbage, what comes nearest to what is in use.
    /// </summary>
    public double Least(string name, bool isEnd) => Pick(name, isEnd, values => values[0]);

    /// <summary>The values that are a third higher at the end than at the start. Counters, which only rise, are left out.</summary>
    public IEnumerable<string> Grown()
    {
        if (_samples.Count == 0) yield break;
        foreach (var name in _samples[^1].Values.Keys.Order(StringComparer.Ordinal))
        {
            if (name.Contains("_total", StringComparison.Ordinal)) continue;
            var (start, end) = (Median(name, isEnd: false), Median(name, isEnd: true));
            if (end > start * 4 / 3) yield return string.Create(CultureInfo.InvariantCulture, $"{name} {start:G5} to {end:G5}");
        }
    }

    /// <summary>A line for somebody who watches.</summary>
    public string Last()
    {
        var (at, values) = _samples[^1];
        return string.Create(CultureInfo.InvariantCulture,
            $"{at:hh\\:mm\\:ss}: RSS {values[Resident] / 1e6:N1} MB, heap {Of("dotnet_gc_heap_bytes") / 1e6:N1} MB, ")
            + string.Create(CultureInfo.InvariantCulture, $"history {Of("sse_history_bytes") / 1e6:N1} MB, {Of("sse_topics")} topics, ")
            + string.Create(CultureInfo.InvariantCulture, $"{Of("sse_patterns")} patterns, {Of("sse_streams_open")} streams, ")
            + string.Create(CultureInfo.InvariantCulture, $"p50 {values[P50]:N0} µs, p99 {values[P99]:N0} µs");

        double Of(string name) => values.GetValueOrDefault(name);
    }

    /// <summary>All samples, a line each, under the names of the values.</summary>
    public string ToCsv()
    {
        string[] names = [.. _samples.SelectMany(sample => sample.Values.Keys).Distinct().Order(StringComparer.Ordinal)];
        var text = new StringBuilder("seconds");
        foreach (var name in names) text.Append(';').Append(name);
        foreach (var (at, values) in _samples)
        {
            text.Append('\n').Append(((long)at.TotalSeconds).ToString(CultureInfo.InvariantCulture));
            foreach (var name in names)
                text.Append(';').Append(values.TryGetValue(name, out var value) ? value.ToString("R", CultureInfo.InvariantCulture) : "");
        }
        return text.Append('\n').ToString();
    }

    private double Pick(string name, bool isEnd, Func<List<double>, double> pick)
    {
        var tenth = Math.Max(1, _samples.Count / 10);
        var samples = isEnd ? _samples.TakeLast(tenth) : _samples.Take(tenth);
        var values = samples.Select(sample => sample.Values.GetValueOrDefault(name, double.NaN)).Order().ToList();
        return values.Count == 0 ? double.NaN : pick(values);
    }
}
