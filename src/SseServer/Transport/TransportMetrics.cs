using System.Diagnostics.Metrics;
using System.Text.Json;

namespace SseServer.Transport;

/// <summary>What the transport counts, as instruments that read its plain counters when somebody asks.</summary>
internal sealed class TransportMetrics : IDisposable
{
    // PeerFinished is told as peer_finished.
    private static readonly (CloseReason Reason, KeyValuePair<string, object?> Tag)[] Reasons =
    [
        .. Enum.GetValues<CloseReason>().Where(reason => reason != CloseReason.None)
            .Select(reason => (reason, new KeyValuePair<string, object?>("reason", JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString())))),
    ];

    private readonly TransportContext _context;

    public TransportMetrics(TransportContext context)
    {
        _context = context;
        Meter.CreateObservableGauge("sse_connections_open", () => context.Connections.Count, description: "Connections at present.");
        Meter.CreateObservableCounter("sse_connections_accepted_total", () => context.Counters.Accepted, description: "Connections taken from the system.");
        Meter.CreateObservableCounter("sse_tls_handshakes_total", () => context.Counters.Handshakes, description: "TLS handshakes that succeeded; others are closed connections.");
        Meter.CreateObservableCounter("sse_connections_closed_total", Closed, description: "Connections that ended, by the first reason there was.");
    }

    public Meter Meter { get; } = new("SseServer.Transport");

    public void Dispose() => Meter.Dispose();

    private IEnumerable<Measurement<long>> Closed()
        => Reasons.Select(entry => new Measurement<long>(_context.Counters.Closed(entry.Reason), entry.Tag));
}
