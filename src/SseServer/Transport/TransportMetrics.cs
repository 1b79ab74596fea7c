using System.Diagnostics.Metrics;
using System.Text.Json;

namespace SseServer.Transport;

/// <summary>Counts of connections since the start. They only increase; safe on any thread.</summary>
internal sealed class TransportCounters
{
    private readonly long[] _closed = new long[(int)CloseReason.TransportFault + 1];
    private long _accepted;
    private long _handshakes;

    /// <summary>Accepted connections, including those over a limit.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>
    /// TLS handshakes that succeeded. Failed ones are closed connections: <see cref="CloseReason.TlsRefused"/>,
    /// <see cref="CloseReason.HandshakeTimeout"/>.
    /// </summary>
    public long Handshakes => Volatile.Read(ref _handshakes);

    /// <summary>Connections that ended for this reason.</summary>
    public long Closed(CloseReason reason) => Volatile.Read(ref _closed[(int)reason]);

    public void CountAccepted() => Interlocked.Increment(ref _accepted);

    public void CountHandshake() => Interlocked.Increment(ref _handshakes);

    public void CountClosed(CloseReason reason) => Interlocked.Increment(ref _closed[(int)reason]);
}

/// <summary>The transport's counts as instruments, which read them when they are collected.</summary>
internal sealed class TransportMetrics : IDisposable
{
    // PeerFinished is reported as peer_finished.
    private static readonly (CloseReason Reason, KeyValuePair<string, object?> Tag)[] Reasons =
    [
        .. from reason in Enum.GetValues<CloseReason>()
           where reason != CloseReason.None
           let name = JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString())
           select (reason, new KeyValuePair<string, object?>("reason", name)),
    ];

    public TransportMetrics(ConnectionTable connections, TransportCounters counters)
    {
        Meter.CreateObservableGauge("sse_connections_open", () => connections.Count, description: "Open connections.");
        Meter.CreateObservableCounter("sse_connections_accepted_total", () => counters.Accepted, description: "Accepted connections.");
        Meter.CreateObservableCounter(
            "sse_tls_handshakes_total", () => counters.Handshakes,
            description: "TLS handshakes that succeeded; failed ones are closed connections.");
        Meter.CreateObservableCounter(
            "sse_connections_closed_total",
            () => Reasons.Select(entry => new Measurement<long>(counters.Closed(entry.Reason), entry.Tag)),
            description: "Connections that ended, by the first reason recorded.");
    }

    public Meter Meter { get; } = new("SseServer.Transport");

    public void Dispose() => Meter.Dispose();
}
