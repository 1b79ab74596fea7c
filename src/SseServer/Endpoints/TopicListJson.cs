using System.Buffers;
using System.Text.Json;
using SseServer.Catalog;

namespace SseServer.Endpoints;

/// <summary>Writes a page of <c>GET /admin/topics</c> as JSON.</summary>
internal static class TopicListJson
{
    /// <summary>Returns <c>{"topics":[..],"patterns":[..],"next":"chat/7"}</c>; <c>next</c> is null on the last page.</summary>
    /// <param name="topics">The topics in order, one more than the page holds if there is another page.</param>
    /// <param name="limit">The number of topics in a page.</param>
    /// <param name="patterns">The patterns with subscribers; null on all pages but the first.</param>
    /// <param name="prefix">Patterns that do not begin with this are left out.</param>
    public static ReadOnlySpan<byte> Write(
        List<TopicState> topics, int limit, List<(byte[] Pattern, int Subscribers)>? patterns, ReadOnlySpan<byte> prefix)
    {
        var json = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("topics"u8);
            for (var i = 0; i < Math.Min(limit, topics.Count); i++) WriteTopic(writer, topics[i]);
            writer.WriteEndArray();
            if (patterns is not null) WritePatterns(writer, patterns, prefix);
            if (topics.Count > limit) writer.WriteString("next"u8, topics[limit - 1].Name);
            else writer.WriteNull("next"u8);
            writer.WriteEndObject();
        }

        return json.WrittenSpan;
    }

    private static void WriteTopic(Utf8JsonWriter writer, in TopicState topic)
    {
        writer.WriteStartObject();
        writer.WriteString("topic"u8, topic.Name);
        writer.WriteNumber("subscribers"u8, topic.Subscribers);
        writer.WriteNumber("events"u8, topic.Events);
        writer.WriteNumber("bytes"u8, topic.Bytes);
        writer.WriteString("last"u8, topic.Last?.ToString());
        writer.WriteEndObject();
    }

    private static void WritePatterns(
        Utf8JsonWriter writer, List<(byte[] Pattern, int Subscribers)> patterns, ReadOnlySpan<byte> prefix)
    {
        patterns.Sort(static (a, b) => a.Pattern.AsSpan().SequenceCompareTo(b.Pattern));
        writer.WriteStartArray("patterns"u8);
        foreach (var (pattern, subscribers) in patterns)
        {
            if (!pattern.AsSpan().StartsWith(prefix)) continue;
            writer.WriteStartObject();
            writer.WriteString("pattern"u8, pattern);
            writer.WriteNumber("subscribers"u8, subscribers);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
