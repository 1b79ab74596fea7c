using System.Diagnostics.Metrics;

namespace SseServer.Relay;

/// <summary>The counters of all relays as instruments. Their label is a topic of the settings, so their number is fixed.</summary>
internal sealed class RelayMetrics : IDisposable
{
    private readonly IReadOnlyList<Counters> _relays;

    public RelayMetrics(IReadOnlyList<Counters> relays)
    {
        _relays = relays;
        if (relays.Count == 0) return;
        Meter.CreateObservableGauge("sse_relay_up", () => Read(relay => relay.IsUp ? 1 : 0),
            description: "1 while the source's stream is open.");
        Counter("sse_relay_events_total", relay => relay.Events, "Events of the source that were published.");
        Counter("sse_relay_reconnects_total", relay => relay.Reconnects, "Times the relay connected again.");
        Counter("sse_relay_repeats_total", relay => relay.Repeats,
            "Events that the source sent again and that were not published again.");
        Counter("sse_relay_dropped_total", relay => relay.Dropped,
            "Events that cannot be published here: too large, or with a type that is too long or holds a control character.");
        Counter("sse_relay_gaps_total", relay => relay.Gaps, "Times the source reported that it lost events.");
    }

    public Meter Meter { get; } = new("SseServer.Relay");

    public void Dispose() => Meter.Dispose();

    private void Counter(string name, Func<Counters, long> read, string description)
        => Meter.CreateObservableCounter(name, () => Read(read), description: description);

    private IEnumerable<Measurement<long>> Read(Func<Counters, long> read)
        => _relays.Select(relay => new Measurement<long>(read(relay), new KeyValuePair<string, object?>("topic", relay.Topic)));

    /// <summary>The counts of one relay. Only its task writes; any thread reads.</summary>
    public sealed class Counters(string topic)
    {
        public string Topic { get; } = topic;

        public bool IsUp { get; set; }

        public long Events { get; set; }

        public long Reconnects { get; set; }

        public long Repeats { get; set; }

        public long Dropped { get; set; }

        public long Gaps { get; set; }
    }
}
