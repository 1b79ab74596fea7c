using System.Text;
using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for some topics: a list of rules, of which the first that matches a topic applies.</summary>
internal static class TopicRuleSettings
{
    private const string Key = "Topics:Rules";
    private const string Form = "a topic or a pattern, such as orders/**";

    /// <summary>Declares and reads them. What a rule does not set is as for all topics.</summary>
    public static IReadOnlyList<TopicRule> Read(SettingsReader reader, TopicRetention retention, Durability durability)
        => reader.Each(Key, "0", (_, key) => ReadRule(reader, key, retention, durability));

    private static TopicRule? ReadRule(SettingsReader reader, string key, TopicRetention retention, Durability durability)
    {
        var topics = reader.Text($"{key}:Pattern", null,
            "The topic or pattern (orders/**) that the settings below apply to. Rules are numbered from 0; the first that matches a "
                + "topic applies.");
        var rule = new TopicRule(
            default,
            new TopicRetention
            {
                MaxEvents = reader.Integer($"{key}:MaxEvents", retention.MaxEvents, 1, int.MaxValue,
                    "Most events that such a topic keeps."),
                MaxBytes = reader.Bytes($"{key}:MaxBytes", retention.MaxBytes, 1024, long.MaxValue / 2,
                    "Most bytes of events that such a topic keeps."),
                MaxKeys = reader.Integer($"{key}:MaxKeys", retention.MaxKeys, 0, int.MaxValue,
                    "Most keys of such a topic whose newest event is kept beyond the other bounds."),
                MaxAge = reader.Duration($"{key}:MaxAge", retention.MaxAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650),
                    "How long such a topic keeps an event."),
            },
            HubSettings.ReadDurability(reader, $"{key}:Durability", durability, "When publishers to such a topic are answered."));
        if (topics is null) reader.Reject($"{key}:Pattern is missing; set it to {Form}.");
        else if (!Selector.TryCreate(Encoding.UTF8.GetBytes(topics), out var selector, out var problem))
            reader.Reject($"{key}:Pattern", topics, $"is not {Form}: {problem}");
        else return rule with { Topics = selector };
        return null;
    }
}
