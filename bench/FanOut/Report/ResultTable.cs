namespace SseServer.Bench.FanOut.Report;

/// <summary>One workload's results, put together: a row for each server, medians over the rounds.</summary>
internal sealed class ResultTable
{
    private readonly List<Result> _results;

    public ResultTable(string workload, IEnumerable<Result> results)
    {
        _results = [.. results.Where(result => result.Workload == workload && result.Metrics.Count > 0)];
        Servers = [.. _results.OrderBy(result => result.Round).Select(result => result.Server).Distinct()];
        Columns = _results.Count == 0 ? [] : _results[0].Metrics;
    }

    /// <summary>The rows, this project's server first.</summary>
    public IReadOnlyList<string> Servers { get; }

    public IReadOnlyList<Metric> Columns { get; }

    /// <summary>The median over the rounds.</summary>
    public double Median(string server, string metric) => MedianOf([.. Values(server, metric).Select(pair => pair.Value)]);

    /// <summary>
    /// The median of each round's quotient by <paramref name="reference"/>: both had their turns in the same minutes, so their noise
    /// cancels.
    /// </summary>
    public double Ratio(string server, string reference, string metric)
    {
        var references = Values(reference, metric).ToDictionary(pair => pair.Round, pair => pair.Value);
        return MedianOf([.. Values(server, metric).Where(pair => references.ContainsKey(pair.Round))
            .Select(pair => pair.Value / references[pair.Round])]);
    }

    private IEnumerable<(int Round, double Value)> Values(string server, string metric)
        => from result in _results
           where result.Server == server
           from measured in result.Metrics
           where measured.Name == metric
           select (result.Round, measured.Value);

    private static double MedianOf(double[] values)
    {
        if (values.Length == 0) return double.NaN;
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}

/// <summary>What one server did in one round of one workload.</summary>
/// <param name="Workload">The workload's key.</param>
/// <param name="Server">The server's title, with the variant.</param>
/// <param name="Round">From 0.</param>
/// <param name="Metrics">The numbers; none if the run failed.</param>
/// <param name="Failures">Sentences about events lost without a word, repeated, damaged or missing.</param>
internal sealed record Result(string Workload, string Server, int Round, IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures);
