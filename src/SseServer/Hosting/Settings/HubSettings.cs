using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of topics, their history and their streams.</summary>
internal static class HubSettings
{
    /// <summary>Declares and reads them.</summary>
    public static HubOptions Read(SettingsReader reader)
    {
        var defaults = HubOptions.Default;
        var retention = ReadRetention(reader, defaults.Retention);
        var durability = ReadDurability(reader, "History:Durability", defaults.Durability,
            "With History:Path, when a publisher is answered: sync once the event is on disk, async at once and on disk within 50 ms.");
        return defaults with
        {
            Durability = durability,
            Rules = TopicRuleSettings.Read(reader, retention, durability),
            Shards = reader.Integer("Streams:Shards", defaults.Shards, 1, 64, "Threads that write to streams."),
            Retention = retention,
            MaxHistoryBytes = reader.Bytes("Retention:MaxTotalBytes", defaults.MaxHistoryBytes, 1024 * 1024, long.MaxValue / 2,
                "Memory that the history of all topics may take; the topic that holds most gives first."),
            MaxTopics = reader.Integer("Topics:MaxTopics", defaults.MaxTopics, 1, 10_000_000, "Topics at once. Nine tenths of them at most may be there for their readers alone."),
            EndedLinger = reader.Duration("Topics:EndedLinger", defaults.EndedLinger, TimeSpan.Zero, TimeSpan.FromDays(3650),
                "How long it is known at least that a topic has ended; never less than its events are kept."),
            MaxPatterns = reader.Integer("Topics:MaxPatterns", defaults.MaxPatterns, 0, 10_000, "Distinct patterns (orders/*) read at once."),
            MaxStreamsPerTopic = reader.Integer("Limits:MaxStreamsPerTopic", defaults.MaxStreamsPerTopic, 0, 10_000_000, "Streams at once that name one topic or pattern; 0 sets no bound."),
            HeartbeatInterval = reader.Duration("Streams:HeartbeatInterval", defaults.HeartbeatInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10),
                "Silence after which a stream gets a comment, against proxies that drop silent connections."),
            ReconnectionTime = reader.Duration("Streams:Retry", defaults.ReconnectionTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10),
                "How long clients wait before they reconnect, on average; each is told its own time within a quarter of it. Up to four times as long where the server is nearly full."),
            ReturnRate = reader.Integer("Streams:ReturnRate", defaults.ReturnRate, 1, 10_000_000,
                "Clients a second, on average, that a drain or a shed has come back at most; with more streams the last ones wait longer, up to Streams:MaxRetry."),
        };
    }

    /// <summary>Declares and reads a durability.</summary>
    public static Durability ReadDurability(SettingsReader reader, string key, Durability @default, string help)
        => reader.Choice(key, @default == Durability.Async ? "async" : "sync", ["sync", "async"], help) == "async" ? Durability.Async : Durability.Sync;

    private static TopicRetention ReadRetention(SettingsReader reader, TopicRetention defaults) => new()
    {
        MaxEvents = reader.Integer("Retention:MaxEvents", defaults.MaxEvents, 1, int.MaxValue, "Events that a topic keeps for those who come back."),
        MaxBytes = reader.Bytes("Retention:MaxBytes", defaults.MaxBytes, 1024, long.MaxValue / 2, "Bytes of events that a topic keeps."),
        MaxKeys = reader.Integer("Retention:MaxKeys", defaults.MaxKeys, 0, int.MaxValue, "Keys of a topic whose newest event is kept beyond the other bounds."),
        MaxAge = reader.Duration("Retention:MaxAge", defaults.MaxAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650), "How long a topic keeps an event."),
    };
}
