namespace SseServer.Bench.FanOut.Report;

/// <summary>What one server did in one round of one workload.</summary>
/// <param name="Workload">The workload's key.</param>
/// <param name="Server">The server's title, with the variant.</param>
/// <param name="Round">From 0.</param>
/// <param name="Metrics">The numbers; none where the run failed.</param>
/// <param name="Failures">Sentences about events lost without a word, repeated, damaged or missing.</param>
internal sealed record Result(string Workload, string Server, int Round, IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures);
