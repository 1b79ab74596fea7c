using System.Text;
using SseServer.Hub;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of single topics: a list of rules, of which the first that matches a topic counts.</summary>
internal static class TopicRuleSettings
{
    private const string Key = "Topics:Rules";

    /// <summary>Declares and reads them. What a rule does not say is as for topics in general.</summary>
    public static IReadOnlyList<TopicRule> Read(SettingsReader reader, TopicRetention retention, PublishPromise promise)
        => reader.Each(Key, "0", (_, key) => ReadRule(reader, key, retention, promise));

    private static TopicRule? ReadRule(SettingsReader reader, string key, TopicRetention retention, PublishPromise promise)
    {
        var topics = reader.Text($"{key}:Pattern", null,
            "For the topics that this names, a topic or a pattern (orders/**), the bounds and the promise below; of several rules, numbered from 0, the first that matches a topic counts.");
        var rule = new TopicRule(
            default,
            new TopicRetention
            {
                MaxEvents = reader.Integer($"{key}:MaxEvents", retention.MaxEvents, 1, int.MaxValue, "Events that such a topic keeps."),
                MaxBytes = reader.Bytes($"{key}:MaxBytes", retention.MaxBytes, 1024, long.MaxValue / 2, "Bytes of events that such a topic keeps."),
                MaxKeys = reader.Integer($"{key}:MaxKeys", retention.MaxKeys, 0, int.MaxValue, "Keys of such a topic whose newest event is kept beyond the other bounds."),
                MaxAge = reader.Duration($"{key}:MaxAge", retention.MaxAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650), "How long such a topic keeps an event."),
            },
            HubSettings.ReadPromise(reader, $"{key}:Promise", promise, "When publishers to such a topic are answered."));
        if (topics is null) reader.Reject($"{key}:Pattern", "", "names no topic", "a topic or a pattern, such as orders/**");
        else if (Selector.TryCreate(Encoding.UTF8.GetBytes(topics), out var selector, out var problem)) return rule with { Topics = selector };
        else reader.Reject($"{key}:Pattern", topics, $"names no topic ({problem!.TrimEnd('.')})", "a topic or a pattern, such as orders/**");
        return null;
    }
}
