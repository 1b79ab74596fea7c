using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>As many deliveries as go through while the readers keep up: the publisher is never far ahead of them.</summary>
internal class Throughput : Workload
{
    protected const string Batches = ", NDJSON batches";

    private const int BatchEvents = 64;

    // On average over the streams; fewer bytes than a socket holds, so that no server has a reason to drop.
    private const int EventsAhead = 256;

    public override string Key => "throughput";

    /// <summary>Whether the publisher keeps within reach of the readers.</summary>
    protected virtual bool IsPaced => true;

    /// <summary>Posts that are sent without waiting for replies; with batches, a sixteenth of it.</summary>
    protected virtual int PipelinedPosts => 64;

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} streams of one topic, events of 128 bytes as fast as the readers take them: the publisher pipelines up "
            + $"to {PipelinedPosts} posts (or {PipelinedPosts / 16} batches of {BatchEvents} events) and is at most {EventsAhead} events "
            + $"ahead of the average reader, for {options.Window.TotalSeconds:N0} s.";

    public override IReadOnlyList<string> Variants(ServerKind kind) => kind.HasBatches ? ["", Batches] : [""];

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options);
        session.WarmUp();
        var topic = new PublishedTopic("throughput");
        var streams = session.Open(Count(options), _ => topic).Count;
        var publisher = session.OpenPublisher();
        session.Ledger.SampleEvery = 16;
        var isBatched = variant == Batches;
        var before = session.Received;
        Publish(options.WarmUp / 2, null);
        session.Drain();

        var window = new MeasuredWindow(session.Server, session.Ledger);
        var published = topic.Published;
        var announced = session.Ledger.LostAnnounced;
        Publish(options.Window, window);
        var behind = topic.Published * streams - (session.Received - before);
        session.Drain();
        window.End(session.Ledger.LastAt);
        published = topic.Published - published;
        return ([
            new Metric("deliveries", window.Delivered / window.Seconds, Unit.PerSecond, HasRatio: true),
            new Metric("events", published / window.Seconds, Unit.PerSecond),
            .. window.ServerCpu("delivery", window.Delivered),
            .. IsPaced ? window.Latencies() : [],
            new Metric("delivered", 100.0 * window.Delivered / Math.Max(1, published * streams), Unit.Percent),
            .. IsPaced ? Array.Empty<Metric>() :
            [
                new Metric("lost, announced", session.Ledger.LostAnnounced - announced, Unit.Count),
                new Metric("lost, silently", session.Ledger.LostSilently + session.Missing(), Unit.Count),
                new Metric("streams ended", session.Ledger.Closed, Unit.Count),
                new Metric("behind at the end", behind / (double)streams, Unit.Count),
            ],
            window.PeakMemory(),
            .. window.Load(),
        ], session.Failures());

        void Publish(TimeSpan time, MeasuredWindow? sampled)
            => Pace.AsFastAsItGoes(session.Loop, time, MayPublish, isBatched ? () => publisher.PostBatch(topic, BatchEvents)
                : () => publisher.Post(topic), sampled);

        bool MayPublish()
        {
            if (publisher.IsClosed || publisher.Outstanding >= (isBatched ? PipelinedPosts / 16 : PipelinedPosts)) return false;
            return !IsPaced
                || (topic.Published + (isBatched ? BatchEvents : 1)) * streams - (session.Received - before) <= EventsAhead * (long)streams;
        }
    }

    private static int Count(BenchOptions options) => options.Streams ?? 1_000;
}
