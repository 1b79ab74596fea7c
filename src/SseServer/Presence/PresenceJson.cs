using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SseServer.Presence;

/// <summary>Writes reports as JSON. Topic names stay readable: only what JSON requires is escaped (RFC 8259 section 7).</summary>
internal static class PresenceJson
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>{"topic":"chat/7","subscribers":12}</c>.</summary>
    public static void WriteCount(IBufferWriter<byte> output, ReadOnlySpan<byte> topic, int subscribers)
    {
        using var writer = new Utf8JsonWriter(output, Readable);
        WriteCount(writer, topic, subscribers);
    }

    /// <summary>
    /// Returns <c>{"type":"topic.occupied","timestamp":"2026-01-31T12:00:00.000Z","data":{"topic":"chat/7","subscribers":1}}</c>.
    /// </summary>
    public static byte[] OfChange(in OccupancyChange change, DateTimeOffset time)
    {
        var output = new ArrayBufferWriter<byte>(192);
        using (var writer = new Utf8JsonWriter(output, Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, change.IsOccupied ? "topic.occupied"u8 : "topic.vacated"u8);
            writer.WriteString("timestamp"u8, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writer.WritePropertyName("data"u8);
            WriteCount(writer, change.Topic, change.Subscribers);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteCount(Utf8JsonWriter writer, ReadOnlySpan<byte> topic, int subscribers)
    {
        writer.WriteStartObject();
        writer.WriteString("topic"u8, topic);
        writer.WriteNumber("subscribers"u8, subscribers);
        writer.WriteEndObject();
    }
}
