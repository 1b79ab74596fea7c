using System.Text;
using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of single topics: a list of rules, of which the first that matches a topic counts.</summary>
internal static class TopicRuleSettings
{
    private const string Key = "Topics:Rules";

    /// <summary>Declares and reads them. What a rule does not say is as for topics in general.</summary>
    public static IReadOnlyList<TopicRule> Read(SettingsReader reader, TopicRetention retention, Durability durability)
        => reader.Each(Key, "0", (_, key) => ReadRule(reader, key, retention, durability));

    private static TopicRule? ReadRule(SettingsReader reader, string key, TopicRetention retention, Durability durability)
    {
        var topics = reader.Text($"{key}:Pattern", null,
            "For the topics that this names, a topic or a pattern (orders/**), the bounds and the durability below; of several rules, numbered from 0, the first that matches a topic counts.");
        var rule = new TopicRule(
            default,
            new TopicRetention
            {
                MaxEvents = reader.Integer($"{key}:MaxEvents", retention.MaxEvents, 1, int.MaxValue, "Events that such a topic keeps."),
                MaxBytes = reader.Bytes($"{key}:MaxBytes", retention.MaxBytes, 1024, long.MaxValue / 2, "Bytes of events that such a topic keeps."),
                MaxKeys = reader.Integer($"{key}:MaxKeys", retention.MaxKeys, 0, int.MaxValue, "Keys of such a topic whose newest event is kept beyond the other bounds."),
                MaxAge = reader.Duration($"{key}:MaxAge", retention.MaxAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650), "How long such a topic keeps an event."),
            },
            HubSettings.ReadDurability(reader, $"{key}:Durability", durability, "When publishers to such a topic are answered."));
        if (topics is null) reader.Reject($"{key}:Pattern", "", "names no topic", "a topic or a pattern, such as orders/**");
        else if (Selector.TryCreate(Encoding.UTF8.GetBytes(topics), out var selector, out var problem)) return rule with { Topics = selector };
        else reader.Reject($"{key}:Pattern", topics, $"names no topic ({problem!.TrimEnd('.')})", "a topic or a pattern, such as orders/**");
        return null;
    }
}
