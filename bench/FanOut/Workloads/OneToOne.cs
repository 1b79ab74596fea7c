using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>One publisher and one subscriber who take turns: the shortest way through a server.</summary>
internal sealed class OneToOne : Workload
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override string Key => "one";

    public override string Describe(BenchOptions options)
        => $"One publisher, one subscriber: {Events(options):N0} events of 128 bytes, each published once the one before has come and its "
            + "post is answered.";

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        using var session = new Session(kind, options);
        session.WarmUp(streams: 1, events: 2000);
        var topic = new PublishedTopic("one");
        var stream = session.Open(1, _ => topic)[0];
        var publisher = session.OpenPublisher();
        Exchange(session, publisher, stream, 1000);

        var window = new MeasuredWindow(session.Server, session.Ledger);
        Exchange(session, publisher, stream, Events(options));
        window.End();
        return ([
            new Metric("round trips", window.Delivered / window.Seconds, Unit.PerSecond, HasRatio: true),
            .. window.Latencies(),
            .. window.ServerCpu("event", window.Delivered),
            .. window.Load(),
        ], session.Failures());
    }

    private static void Exchange(Session session, Publisher publisher, StreamClient stream, int events)
    {
        for (var i = 0; i < events; i++)
        {
            publisher.Post(stream.Topic);
            if (!session.Loop.RunUntil(() => publisher.Outstanding == 0 && stream.NextNumber == stream.Topic.Published, Patience)) return;
        }
    }

    private static int Events(BenchOptions options) => options.Short ? 5_000 : 30_000;
}
