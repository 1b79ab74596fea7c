using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>Posts without subscribers: the cost of accepting an event.</summary>
internal sealed class PublishOnly : Workload
{
    public override string Key => "publish";

    public override string Describe(BenchOptions options)
        => "POSTs of 128 bytes without a subscriber; each connection waits for a reply before it posts again. SseServer and nchan store "
            + "the events; ASP.NET Core and Node only read the body.";

    public override IReadOnlyList<string> Variants(ServerKind kind) => [", 1 connection", ", 32 connections"];

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options);
        session.WarmUp(streams: 1, events: 1000);
        var topic = new PublishedTopic("publish");
        var publishers = new Publisher[variant == Variants(kind)[0] ? 1 : 32];
        for (var i = 0; i < publishers.Length; i++) publishers[i] = session.OpenPublisher(kind.PublishOnlyPath);
        Post(session, publishers, topic, options.WarmUp);

        var window = new MeasuredWindow(session.Server, session.Ledger);
        var before = publishers.Sum(publisher => publisher.Accepted);
        Post(session, publishers, topic, options.Window);
        window.End();
        var accepted = publishers.Sum(publisher => publisher.Accepted) - before;
        return ([
            new Metric("POSTs", accepted / window.Seconds, Unit.PerSecond, HasRatio: true),
            .. window.ServerCpu("POST", accepted),
            window.PeakMemory(),
            .. window.Load(),
        ], session.Failures());
    }

    private static void Post(Session session, Publisher[] publishers, PublishedTopic topic, TimeSpan time)
    {
        var until = DateTime.UtcNow + time;
        while (DateTime.UtcNow < until)
        {
            foreach (var publisher in publishers)
            {
                if (publisher.Outstanding == 0 && !publisher.IsClosed) publisher.Post(topic);
            }
            session.Loop.RunOnce(10);
        }
        session.Loop.RunUntil(() => Array.TrueForAll(publishers, publisher => publisher.Outstanding == 0), TimeSpan.FromSeconds(2));
    }
}
