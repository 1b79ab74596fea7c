using System.Diagnostics.Metrics;
using SseServer.Delivery;
using SseServer.Publishing;

namespace SseServer.Hub;

/// <summary>
/// The engine's metrics. Nothing is measured on an event's path: the instruments read plain counters when they are collected. No label
/// names a topic or a client, so the number of series is fixed.
/// </summary>
internal sealed class HubMetrics : IDisposable
{
    private readonly FanOut _fanOut;

    public HubMetrics(EventHub hub, FanOut fanOut, LogAppender appender)
    {
        _fanOut = fanOut;
        var catalog = hub.Catalog;
        Counter("sse_streams_opened_total", () => fanOut.Count().Opened, "Streams that got their greeting.");
        Meter.CreateObservableCounter("sse_streams_ended_total", Endings,
            description: "Streams that ended: complete with their end written, broken with their connection lost.");
        Counter("sse_streams_shed_total", () => fanOut.Count().Shed, "Streams ended by POST /admin/shed.");
        Counter("sse_streams_cut_total", () => fanOut.Count().Cut,
            "Streams cut because the frame that they did not take kept evicted history in memory.");
        Gauge("sse_streams_open", () => fanOut.Streams, "Streams at present.");
        Gauge("sse_streams_slow", () => fanOut.Count().Slow,
            "Streams whose clients did not take pending bytes, at the last second's sweep.");
        Counter("sse_deliveries_total", () => fanOut.Count().Deliveries, "Events handed to streams.");
        Counter("sse_delivered_bytes_total", () => fanOut.Count().DeliveredBytes, "Bytes of the events handed to streams.");
        Counter("sse_events_superseded_skipped_total", () => fanOut.Count().Superseded,
            "Events not handed to streams that lag, or that asked for the newest only, because a newer event of the same key existed.");
        Counter("sse_gaps_total", () => fanOut.Count().Gaps, "Gaps announced to streams.");
        Counter("sse_events_published_total", () => Published().Events, "Events appended to topics.");
        Counter("sse_published_bytes_total", () => Published().Bytes, "Bytes of the events appended.");
        Counter("sse_events_repeated_total", () => Published().Repeats, "Events published again under a known id, and not appended.");
        Counter("sse_topics_ended_total", () => Published().Ended, "Topics that ended.");
        Counter("sse_topics_deleted_total", () => Published().Deleted, "Topics that were deleted.");
        Counter("sse_history_evicted_events_total", () => Locked(() => catalog.Retention.EvictedEvents),
            "Events evicted before their time because all history together reached its bound.");
        Gauge("sse_history_bytes", () => hub.HistoryBytes, "Bytes of memory that history takes.");
        Gauge("sse_history_limit_bytes", () => catalog.Budget.MaxBytes, "The present bound on sse_history_bytes.");
        Gauge("sse_history_pinned_bytes", () => fanOut.Pinned.Bytes,
            "Bytes of evicted history that pending writes of slow subscribers keep in memory.");
        Gauge("sse_history_events", () => Locked(() => catalog.Budget.Total.Events), "Events that history in memory holds.");
        Gauge("sse_history_compacted_events", () => Locked(() => catalog.Budget.Total.CompactedEvents),
            "Events among them that are retained only because they are the newest of their keys.");
        Gauge("sse_history_compacted_bytes", () => Locked(() => catalog.Budget.Total.CompactedBytes), "Bytes of those events.");
        Gauge("sse_history_damaged_blocks", () => hub.Damage?.Blocks ?? 0,
            "Blocks of stored events that were found damaged since the start; their subscribers get a gap.");
        if (hub.Lag is not null)
        {
            Meter.CreateObservableGauge("sse_history_lag_seconds", () => hub.Lag!.Value.TotalSeconds,
                description: "How long ago this server read the newest events of the history that it shares.");
            Gauge("sse_cluster_nodes", () => hub.Cluster?.Nodes.Count ?? 0, "Servers that share the history and are alive.");
            // No sample before the number is known: a 0 would make all of them look new after each start.
            Meter.CreateObservableCounter("sse_history_rejected_total",
                () => hub.Cluster?.Rejected is { } rejected ? [new Measurement<long>(rejected)] : Array.Empty<Measurement<long>>(),
                description: "Events published from SQL that could not be moved to the shared history, by all servers together.");
        }

        Gauge("sse_topics", () => hub.TopicCount, "Topics in use.");
        Gauge("sse_patterns", () => Locked(() => catalog.Patterns.Count), "Distinct patterns with subscribers, or kept for their return.");
        Gauge("sse_pattern_reference_bytes", () => Locked(catalog.Patterns.MeasureReferences),
            "Bytes of memory that the patterns' references to events take. Those to events in memory count in sse_history_bytes too.");
        Gauge("sse_memory_pressure_level", () => (long)hub.Pressure,
            "0: enough; 1: history is kept short; 2: new streams and events are refused.");

        PublishCounters Published()
        {
            using (catalog.Lock.EnterInBackground()) return appender.Counters;
        }

        long Locked(Func<long> read)
        {
            using (catalog.Lock.EnterInBackground()) return read();
        }
    }

    public Meter Meter { get; } = new("SseServer.Hub");

    public void Dispose() => Meter.Dispose();

    private void Counter(string name, Func<long> read, string description)
        => Meter.CreateObservableCounter(name, read, description: description);

    private void Gauge(string name, Func<long> read, string description)
        => Meter.CreateObservableGauge(name, read, description: description);

    private Measurement<long>[] Endings()
    {
        var counters = _fanOut.Count();
        return
        [
            new(counters.Completed, new KeyValuePair<string, object?>("reason", "complete")),
            new(counters.Broken, new KeyValuePair<string, object?>("reason", "broken")),
        ];
    }
}
