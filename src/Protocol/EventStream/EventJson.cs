using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SseServer.Protocol.EventStream;

/// <summary>
/// An event as one JSON object, which has everything that a client would otherwise learn from the stream's fields and its URL.
/// <code>
/// {"topic":"orders/42","event":"shipped","id":"1763790000123-0","data":"on its way","time":"2025-11-22T05:40:00.123Z"}
/// </code>
/// <c>event</c> is <c>message</c> if the event has no name (WHATWG HTML 9.2.6), and <c>"encoding":"base64"</c> follows binary data.
/// Line breaks are escaped, so the object is one line.
/// </summary>
public static class EventJson
{
    /// <summary>
    /// The options of the writer: everything that JSON lets stand stays as it is, since the object is never read as markup.
    /// </summary>
    public static JsonWriterOptions WriterOptions { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Writes the object.</summary>
    /// <param name="writer">Has <see cref="WriterOptions"/>.</param>
    /// <param name="topic">The event's topic.</param>
    /// <param name="id">The event id, whose milliseconds are the event's time.</param>
    /// <param name="fields">The other fields; they have an event.</param>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> topic, EventId id, in FrameFields fields)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("topic"u8, topic);
        writer.WriteString("event"u8, fields.Name.IsEmpty ? "message"u8 : fields.Name);
        writer.WriteString("id"u8, fields.Id);
        WriteData(writer, fields);
        if (fields.IsBase64) writer.WriteString("encoding"u8, "base64"u8);
        WriteTime(writer, id);
        writer.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter writer, in FrameFields fields)
    {
        var lines = fields.DataLines;
        fields.TryTakeData(ref lines, out var line);
        if (lines.IsEmpty)
        {
            writer.WriteString("data"u8, line);
            return;
        }

        writer.WritePropertyName("data"u8);
        writer.WriteStringValueSegment(line, isFinalSegment: false);
        while (fields.TryTakeData(ref lines, out line))
        {
            writer.WriteStringValueSegment("\n"u8, isFinalSegment: false);
            writer.WriteStringValueSegment(line, isFinalSegment: lines.IsEmpty);
        }
    }

    // RFC 3339 with milliseconds, UTC.
    private static void WriteTime(Utf8JsonWriter writer, EventId id)
    {
        Span<byte> time = stackalloc byte["yyyy-MM-ddTHH:mm:ss.fffZ".Length];
        DateTimeOffset.FromUnixTimeMilliseconds(id.Milliseconds)
            .TryFormat(time, out _, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteString("time"u8, time);
    }
}
