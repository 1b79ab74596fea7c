using System.Buffers;
using System.Text.Json;
using SseServer.Transport;

namespace SseServer.Endpoints;

// GET /admin/topics: what is there and who reads it, a page at a time.
internal sealed partial class AdminEndpoint
{
    // About 10 KB of JSON.
    private const int DefaultPage = 100;

    private const int MaxPage = 1000;

    private Problem? ListTopics(HttpExchange exchange, RequestParameters parameters)
    {
        if (!TryGetNumber(parameters, "limit"u8, DefaultPage, 1, MaxPage, out var limit)) return Problem.BadRequest("limit= must be a whole number from 1 to 1000.");
        parameters.TryGet("prefix"u8, out var prefix);
        parameters.TryGet("after"u8, out var after);
        // One more than is shown says whether there are more.
        var topics = hub.ListTopics(prefix, after, limit + 1);
        var json = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("topics"u8);
            for (var i = 0; i < Math.Min(limit, topics.Count); i++)
            {
                var topic = topics[i];
                writer.WriteStartObject();
                writer.WriteString("topic"u8, topic.Name);
                writer.WriteNumber("subscribers"u8, topic.Subscribers);
                writer.WriteNumber("events"u8, topic.Events);
                writer.WriteNumber("bytes"u8, topic.Bytes);
                writer.WriteString("last"u8, topic.Last?.ToString());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (after.IsEmpty) WritePatterns(writer, prefix);
            if (topics.Count > limit) writer.WriteString("next"u8, topics[limit - 1].Name);
            else writer.WriteNull("next"u8);
            writer.WriteEndObject();
        }

        responses.Send(exchange, 200, Json, json.WrittenSpan);
        return null;
    }

    // There are few: with the first page they come whole.
    private void WritePatterns(Utf8JsonWriter writer, ReadOnlySpan<byte> prefix)
    {
        var patterns = hub.ListPatterns();
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
