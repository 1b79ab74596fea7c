using System.Diagnostics;
using SseServer.Bench.FanOut.Load;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>A freshly started server and the load on it, from start to end of one run.</summary>
internal sealed class Session : IDisposable
{
    // Below the shortest listen backlog among the servers (512): a dropped SYN is sent again a second later.
    private const int OpeningAtOnce = 256;
    private static readonly TimeSpan OpeningLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);

    private readonly List<StreamClient> _streams = [];
    private readonly List<Publisher> _publishers = [];

    public Session(ServerKind kind, BenchOptions options, int dataLength = 128)
    {
        Kind = kind;
        Data = new EventData(dataLength, options.Seed);
        Server = new ServerProcess(kind);
    }

    /// <summary>Shares the server of another session, with a loop and a ledger of its own, for a second thread.</summary>
    public Session(Session other)
        => (Kind, Data, Server, IsGuest) = (other.Kind, other.Data, other.Server, true);

    public ServerKind Kind { get; }

    public EventData Data { get; }

    public ServerProcess Server { get; }

    public LoadLoop Loop { get; } = new();

    public DeliveryLedger Ledger { get; } = new();

    public IReadOnlyList<StreamClient> Streams => _streams;

    private bool IsGuest { get; }

    /// <summary>Opens streams, a bounded number at a time, and waits until the server has answered each.</summary>
    public IReadOnlyList<StreamClient> Open(int count, Func<int, PublishedTopic> topicOf, StreamStart start = default)
    {
        var first = _streams.Count;
        for (var i = 0; i < count; i++)
        {
            var topic = topicOf(i);
            var request = Kind.SubscribeRequest(topic.Name, start.LastEventId ?? "");
            var stream = new StreamClient(Server.EndPoint, request, topic, Data, Ledger, start.ReceiveBuffer)
            {
                IsStalled = start.IsStalled,
                KeepsEventId = start.KeepsEventId,
                Keys = start.Keys,
            };
            if (start.LastEventId is not null) stream.NextNumber = start.NextNumber;
            _streams.Add(stream);
            Loop.Add(stream);
            if (i >= OpeningAtOnce) WaitUntilOpen(_streams[first + i - OpeningAtOnce]);
        }
        for (var i = first; i < _streams.Count; i++) WaitUntilOpen(_streams[i]);
        return _streams.GetRange(first, count);
    }

    public Publisher OpenPublisher(Func<string, string>? path = null)
    {
        var publisher = new Publisher(Server.EndPoint, path ?? Kind.PublishPath, Data);
        _publishers.Add(publisher);
        Loop.Add(publisher);
        return publisher;
    }

    /// <summary>
    /// Lets the server compile its hot paths and fill its pools: some streams and some thousand deliveries, then no stream.
    /// </summary>
    public void WarmUp(int streams = 100, int events = 500)
    {
        var topic = new PublishedTopic("warmup");
        var opened = Open(streams, _ => topic);
        var publisher = OpenPublisher();
        for (var i = 0; i < events; i++)
        {
            publisher.Post(topic);
            Loop.RunUntil(() => publisher.Outstanding == 0, Silence);
        }
        Drain();
        foreach (var stream in opened) stream.Dispose();
        publisher.Dispose();
        _streams.Clear();
        _publishers.Clear();
        Loop.RunFor(TimeSpan.FromMilliseconds(500));
    }

    /// <summary>Runs until every event has come to everyone and every post is answered, or nothing came for a while.</summary>
    public void Drain() => Drain(DrainLimit);

    /// <summary>The same, for up to <paramref name="time"/>.</summary>
    public void Drain(TimeSpan time)
    {
        var target = Received + _streams.Where(stream => !stream.IsStalled && !stream.IsClosed)
            .Sum(stream => stream.Topic.Published - stream.NextNumber);
        var limit = Stopwatch.StartNew();
        while (limit.Elapsed < time)
        {
            var before = Received;
            if (Loop.RunUntil(() => Received >= target && _publishers.TrueForAll(p => p.Outstanding == 0 || p.IsClosed), Silence)) return;
            if (Received == before) return;
        }
    }

    /// <summary>Events that streams have behind them, lost ones too.</summary>
    public long Received => Ledger.Delivered + Ledger.LostAnnounced + Ledger.LostSilently + Ledger.Superseded;

    /// <summary>Events that should have come and have not, after <see cref="Drain()"/>.</summary>
    public long Missing() => _streams.Where(stream => !stream.IsStalled).Sum(stream => stream.Topic.Published - stream.NextNumber);

    /// <summary>What no server may do, in sentences; empty if all is well.</summary>
    public IReadOnlyList<string> Failures()
    {
        var failures = new List<string>();
        Report(Ledger.LostSilently, "events were skipped without a word");
        Report(Missing(), "events never came");
        Report(_streams.Where(stream => !stream.IsStalled).Sum(stream => stream.StaleKeys()), "keys are not at their newest event");
        Report(Ledger.Repeated, "events came again or out of order");
        Report(Ledger.Damaged, "events were not as published");
        Report(_streams.Count(stream => stream.IsClosed), "streams were ended");
        Report(_publishers.Sum(p => p.Refused), $"posts were refused (last with {_publishers.Find(p => p.Refused > 0)?.LastRefusal})");
        Report(_publishers.Count(p => p.IsClosed), "publishing connections were closed");
        return failures;

        void Report(long count, string what)
        {
            if (count > 0) failures.Add($"{count:N0} {what}");
        }
    }

    public void Dispose()
    {
        Loop.Dispose();
        if (!IsGuest) Server.Dispose();
    }

    private void WaitUntilOpen(StreamClient stream)
    {
        if (!Loop.RunUntil(() => stream.IsOpen || stream.IsClosed, OpeningLimit) || !stream.IsOpen)
            throw new InvalidOperationException($"{Kind.Title} did not open stream {_streams.IndexOf(stream)}.");
    }
}
