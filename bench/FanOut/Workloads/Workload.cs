using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>Something to have a server do, and what to measure meanwhile.</summary>
internal abstract class Workload
{
    /// <summary>The name on the command line.</summary>
    public abstract string Key { get; }

    /// <summary>What is done, in a sentence for the report.</summary>
    public abstract string Describe(BenchOptions options);

    /// <summary>The ways in which a server has its turn; each is a row of its own, named by what follows the server's title.</summary>
    public virtual IReadOnlyList<string> Variants(ServerKind kind) => [""];

    /// <summary>Whether a server can do it.</summary>
    public virtual bool Suits(ServerKind kind) => true;

    /// <summary>Takes hours, so it runs only if the command line names it.</summary>
    public virtual bool IsOnDemand => false;

    /// <summary>Runs it once against a freshly started server and returns the numbers and the failures.</summary>
    public abstract (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options);
}
