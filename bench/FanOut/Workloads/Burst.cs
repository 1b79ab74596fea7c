
namespace SseServer.Bench.FanOut.Workloads;

/// <summary>More than the subscribers can read: the publisher does not wait for them, and losses are counted.</summary>
internal sealed class Burst : Throughput
{
    public override string Key => "burst";

    protected override bool IsPaced => false;

    protected override int PipelinedPosts => 512;

    public override string Describe(BenchOptions options)
        => $"As throughput, but the publisher does not look at the readers and pipelines up to {PipelinedPosts} posts (or "
            + $"{PipelinedPosts / 16} batches). What was announced as lost (event: gap) and what was lost without a word is counted.";
}
