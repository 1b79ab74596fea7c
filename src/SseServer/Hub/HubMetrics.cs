using System.Diagnostics.Metrics;

namespace SseServer.Hub;

/// <summary>
/// What the hub counts, as instruments. Nothing is measured on the way of an event: the instruments read the hub's and its shards' plain counters when
/// somebody asks. No label names a topic or a client, so that their number is fixed.
/// </summary>
internal sealed class HubMetrics : IDisposable
{
    private readonly EventHub _hub;

    public HubMetrics(EventHub hub)
    {
        _hub = hub;
        Counter("sse_streams_opened_total", () => hub.CountShards().Opened, "Streams that got their greeting.");
        Meter.CreateObservableCounter("sse_streams_ended_total", Endings,
            description: "Streams that ended: complete with their end written, broken with their connection lost.");
        Counter("sse_streams_shed_total", () => hub.CountShards().Shed, "Streams ended by POST /admin/shed.");
        Counter("sse_streams_cut_total", () => hub.CountShards().Cut, "Streams cut off because the frame that they did not take kept "
            + "dropped history in memory.");
        Gauge("sse_streams_open", () => hub.SubscriptionCount, "Streams at present.");
        Gauge("sse_streams_slow", () => hub.CountShards().Slow, "Streams that had bytes pending at the last second's sweep, because their readers do not take them.");
        Counter("sse_deliveries_total", () => hub.CountShards().Deliveries, "Events handed to streams.");
        Counter("sse_delivered_bytes_total", () => hub.CountShards().DeliveredBytes, "Bytes of the events handed to streams.");
        Counter("sse_events_superseded_skipped_total", () => hub.CountShards().Superseded, "Events not handed to streams that lag, or that wanted the newest only, because a newer one of their key was there.");
        Counter("sse_gaps_total", () => hub.CountShards().Gaps, "Times a stream was told that it lost events.");
        Counter("sse_events_published_total", () => hub.CountPublished().Events, "Events appended to topics.");
        Counter("sse_published_bytes_total", () => hub.CountPublished().Bytes, "Bytes of the events appended.");
        Counter("sse_events_repeated_total", () => hub.CountPublished().Repeats, "Events published again under an id that was known, and not appended.");
        Counter("sse_topics_ended_total", () => hub.CountPublished().Ended, "Topics that ended.");
        Counter("sse_history_evicted_events_total", () => hub.CountPublished().Evicted, "Events let go of before their time because all history together reached its bound.");
        Gauge("sse_history_bytes", () => hub.HistoryBytes, "Bytes of memory that history stands for.");
        Gauge("sse_history_limit_bytes", () => hub.MaxHistoryBytes, "The bound on them at present.");
        Gauge("sse_history_pinned_bytes", () => hub.Pinned.Bytes, "Bytes of dropped history that slow readers' "
            + "pending writes keep in memory.");
        Gauge("sse_history_events", () => hub.History.Events, "Events that history in memory holds.");
        Gauge("sse_history_kept_events", () => hub.History.KeptEvents, "Events among them that are kept only because they are the newest of their keys.");
        Gauge("sse_history_kept_bytes", () => hub.History.KeptBytes, "Bytes of those events.");
        Gauge("sse_history_damaged_blocks", () => hub.Damage?.Blocks ?? 0,
            "Blocks of stored events that were found damaged since the start; their readers get a gap.");
        Gauge("sse_topics", () => hub.TopicCount, "Topics in use.");
        Gauge("sse_patterns", () => hub.PatternCount, "Distinct patterns being read, or kept for their readers' return.");
        Gauge("sse_pattern_reference_bytes", () => hub.ReferenceBytes,
            "Bytes of memory that the patterns' references to events take. Those to events in memory count in sse_history_bytes too.");
        Gauge("sse_memory_pressure_level", () => (long)hub.Pressure, "0: enough; 1: history is kept short; 2: new streams and events are refused.");
    }

    public Meter Meter { get; } = new("SseServer.Hub");

    public void Dispose() => Meter.Dispose();

    private void Counter(string name, Func<long> read, string description) => Meter.CreateObservableCounter(name, read, description: description);

    private void Gauge(string name, Func<long> read, string description) => Meter.CreateObservableGauge(name, read, description: description);

    private Measurement<long>[] Endings()
    {
        var counters = _hub.CountShards();
        return [new(counters.Completed, new KeyValuePair<string, object?>("reason", "complete")), new(counters.Broken, new KeyValuePair<string, object?>("reason", "broken"))];
    }
}
