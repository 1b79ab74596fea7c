using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for topics, their history and their streams.</summary>
internal static class HubSettings
{
    /// <summary>Declares and reads them.</summary>
    public static HubOptions Read(SettingsReader reader)
    {
        var defaults = HubOptions.Default;
        var retention = ReadRetention(reader, defaults.Retention);
        var durability = ReadDurability(reader, "History:Durability", defaults.Durability,
            "When a publisher is answered if History:Path is set: sync once the event is on disk, async at once, with the event on disk "
                + "within 50 ms.");
        return defaults with
        {
            Durability = durability,
            Rules = TopicRuleSettings.Read(reader, retention, durability),
            Shards = reader.Integer("Streams:Shards", defaults.Shards, 1, 64, "Threads that write to streams."),
            Retention = retention,
            MaxHistoryBytes = reader.Bytes("Retention:MaxTotalBytes", defaults.MaxHistoryBytes, 1024 * 1024, long.MaxValue / 2,
                "Memory for the history of all topics; beyond it the largest topic loses its oldest events."),
            MaxTopics = reader.Integer("Topics:MaxTopics", defaults.MaxTopics, 1, 10_000_000,
                "Most topics at once. Topics that only have subscribers can take nine tenths of them."),
            EndedLinger = reader.Duration("Topics:EndedLinger", defaults.EndedLinger, TimeSpan.Zero, TimeSpan.FromDays(3650),
                "Minimum time to remember that a topic has ended; at least as long as its events are kept."),
            MaxPatterns = reader.Integer("Topics:MaxPatterns", defaults.MaxPatterns, 0, 10_000,
                "Most distinct patterns (orders/*) with subscribers at once."),
            MaxStreamsPerTopic = reader.Integer("Limits:MaxStreamsPerTopic", defaults.MaxStreamsPerTopic, 0, 10_000_000,
                "Most streams at once that name one topic or pattern; 0 is no limit."),
            HeartbeatInterval = reader.Duration("Streams:HeartbeatInterval", defaults.HeartbeatInterval,
                TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10),
                "Time without an event after which a stream gets a comment, so that proxies do not drop it as idle."),
            ReconnectionTime = reader.Duration("Streams:Retry", defaults.ReconnectionTime,
                TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10),
                "Average time that clients wait before they reconnect. Each client gets its own time, at most a quarter more or less; up "
                    + "to four times as long when the server is nearly full."),
            ReturnRate = reader.Integer("Streams:ReturnRate", defaults.ReturnRate, 1, 10_000_000,
                "Average number of clients a second that may reconnect after a drain or a shed. If there are more streams, the last "
                    + "clients wait longer, at most Streams:MaxRetry."),
        };
    }

    /// <summary>Declares and reads a durability.</summary>
    public static Durability ReadDurability(SettingsReader reader, string key, Durability @default, string help)
    {
        var word = reader.Choice(key, @default == Durability.Async ? "async" : "sync", ["sync", "async"], help);
        return word == "async" ? Durability.Async : Durability.Sync;
    }

    private static TopicRetention ReadRetention(SettingsReader reader, TopicRetention defaults) => new()
    {
        MaxEvents = reader.Integer("Retention:MaxEvents", defaults.MaxEvents, 1, int.MaxValue,
            "Most events that a topic keeps for clients that reconnect."),
        MaxBytes = reader.Bytes("Retention:MaxBytes", defaults.MaxBytes, 1024, long.MaxValue / 2,
            "Most bytes of events that a topic keeps."),
        MaxKeys = reader.Integer("Retention:MaxKeys", defaults.MaxKeys, 0, int.MaxValue,
            "Most keys of a topic whose newest event is kept beyond the other bounds."),
        MaxAge = reader.Duration("Retention:MaxAge", defaults.MaxAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650),
            "How long a topic keeps an event."),
    };
}
