using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;
using SseServer.Bench.FanOut.Workloads;

namespace SseServer.Bench.FanOut;

/// <summary>
/// All rounds of the chosen workloads. Servers alternate within a round, and the first one changes, so that a noisy minute hits them alike.
/// </summary>
internal sealed class Campaign(BenchOptions options, IReadOnlyList<Workload> workloads, IReadOnlyList<ServerKind> servers,
    TextWriter progress)
{
    private readonly List<Result> _results = [];

    /// <summary>
    /// Runs everything. <paramref name="cancellation"/> stops it between two turns; the results so far are kept.
    /// </summary>
    public IReadOnlyList<Result> Run(CancellationToken cancellation)
    {
        foreach (var workload in workloads)
        {
            progress.WriteLine($"{workload.Key}: {workload.Describe(options)}");
            var turns = servers.Where(workload.Suits).SelectMany(server => workload.Variants(server).Select(variant => (server, variant)))
                .ToList();
            for (var round = 0; round < options.RoundCount; round++)
            {
                for (var i = 0; i < turns.Count && !cancellation.IsCancellationRequested; i++)
                {
                    var (server, variant) = turns[(i + round) % turns.Count];
                    TakeTurn(workload, server, variant, round);
                }
            }
        }
        return _results;
    }

    private void TakeTurn(Workload workload, ServerKind server, string variant, int round)
    {
        var title = server.Title + variant;
        progress.Write($"  round {round + 1}, {title}: ");
        try
        {
            var (metrics, failures) = workload.Run(server, variant, options);
            _results.Add(new Result(workload.Key, title, round, metrics, failures));
            progress.WriteLine(string.Join(", ", metrics.Select(metric => $"{metric.Heading} {Metric.Format(metric.Value)}")));
            foreach (var failure in failures) progress.WriteLine($"    {failure}");
        }
        catch (InvalidOperationException failure)
        {
            _results.Add(new Result(workload.Key, title, round, [], [failure.Message]));
            progress.WriteLine(failure.Message);
        }
    }
}
