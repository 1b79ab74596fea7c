using System.Diagnostics.Metrics;

namespace SseServer.Endpoints;

/// <summary>
/// What the endpoints count. Counting is one addition; the instruments read the sums when somebody asks. Safe on any thread.
/// </summary>
internal sealed class EndpointMetrics : IDisposable
{
    private readonly long[] _replies = new long[6];

    public EndpointMetrics(LimitCounters limits)
    {
        Limits = limits;
        Meter.CreateObservableCounter("sse_http_replies_total", Replies, description: "Replies by class of status; a stream counts when it opens.");
        Meter.CreateObservableCounter("sse_limit_refusals_total", Refusals, description: "Requests refused at a limit, in whatever form.");
        Meter.CreateObservableCounter("sse_soft_refusals_total", SoftRefusals,
            description: "Streams refused as a 200 that paces the client's return, by limit or because the server drains.");
    }

    public Meter Meter { get; } = new("SseServer.Endpoints");

    public LimitCounters Limits { get; }

    public void CountReply(int status) => Interlocked.Increment(ref _replies[status / 100]);

    public void Dispose() => Meter.Dispose();

    private IEnumerable<Measurement<long>> Replies()
    {
        for (var hundreds = 2; hundreds < _replies.Length; hundreds++)
            yield return new(Volatile.Read(ref _replies[hundreds]), new KeyValuePair<string, object?>("status", $"{hundreds}xx"));
    }

    private IEnumerable<Measurement<long>> Refusals()
        => LimitNames.All.Select(limit => new Measurement<long>(Limits.Refused(limit), new KeyValuePair<string, object?>("limit", LimitNames.Label(limit))));

    private IEnumerable<Measurement<long>> SoftRefusals()
        => LimitNames.All.Where(LimitNames.IsSoft).Prepend(LimitKind.None)
            .Select(limit => new Measurement<long>(Limits.Soft(limit), new KeyValuePair<string, object?>("reason", limit == LimitKind.None ? "draining" : LimitNames.Label(limit))));
}
