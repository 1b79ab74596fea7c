using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SseServer.Endpoints;

/// <summary>
/// Counts responses and refusals at limits. Counting is one addition; the instruments read the sums when they are asked for. The first
/// refusal at a limit is logged, then at most one message a minute and limit, with the number of refusals since the last one. Safe on any
/// thread.
/// </summary>
internal sealed class EndpointMetrics : IDisposable
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger;
    private readonly long[] _responses = new long[6];

    // By kind; the first is LimitKind.None.
    private readonly long[] _refusals = new long[LimitInfo.All.Count + 1];
    private readonly long[] _softRefusals = new long[LimitInfo.All.Count + 1];
    private readonly LogThrottle[] _throttles;

    public EndpointMetrics(TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _throttles = [.. _refusals.Select(_ => new LogThrottle(time, LogInterval))];
        Meter.CreateObservableCounter("sse_http_replies_total", Responses,
            description: "Responses by class of status; a stream counts when it opens.");
        Meter.CreateObservableCounter("sse_limit_refusals_total", Refusals, description: "Requests refused at a limit, in any form.");
        Meter.CreateObservableCounter("sse_soft_refusals_total", SoftRefusals,
            description: "Streams refused by a 200 that tells the client when to retry, by limit or because of a drain.");
    }

    public Meter Meter { get; } = new("SseServer.Endpoints");

    public void CountResponse(int status) => Interlocked.Increment(ref _responses[status / 100]);

    /// <summary>Counts a refusal in any form; <see cref="LimitKind.None"/> is not counted.</summary>
    public void CountRefusal(LimitKind kind)
    {
        if (kind == LimitKind.None) return;
        Interlocked.Increment(ref _refusals[(int)kind]);
        if (!_throttles[(int)kind].TryPass(out var count)) return;
        EndpointLog.LimitReached(_logger, LimitInfo.Of(kind).Label, count, LimitInfo.Of(kind).Setting);
    }

    /// <summary>
    /// Counts a refusal in the form of an event stream that tells the client when to retry; <see cref="LimitKind.None"/> stands for a
    /// drain.
    /// </summary>
    public void CountSoftRefusal(LimitKind kind)
    {
        CountRefusal(kind);
        Interlocked.Increment(ref _softRefusals[(int)kind]);
    }

    /// <summary>Returns the number of refusals in any form.</summary>
    public long RefusalsAt(LimitKind kind) => Volatile.Read(ref _refusals[(int)kind]);

    public void Dispose() => Meter.Dispose();

    private IEnumerable<Measurement<long>> Responses()
    {
        for (var hundreds = 2; hundreds < _responses.Length; hundreds++)
            yield return new(Volatile.Read(ref _responses[hundreds]), new KeyValuePair<string, object?>("status", $"{hundreds}xx"));
    }

    private IEnumerable<Measurement<long>> Refusals()
        => LimitInfo.All.Select(limit => Measure(RefusalsAt(limit.Kind), "limit", limit.Label));

    private IEnumerable<Measurement<long>> SoftRefusals()
        => LimitInfo.All.Where(limit => limit.IsSoft)
            .Select(limit => Measure(Volatile.Read(ref _softRefusals[(int)limit.Kind]), "reason", limit.Label))
            .Prepend(Measure(Volatile.Read(ref _softRefusals[(int)LimitKind.None]), "reason", "draining"));

    private static Measurement<long> Measure(long value, string label, string text)
        => new(value, new KeyValuePair<string, object?>(label, text));
}
