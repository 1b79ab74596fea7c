using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>The blocks that the server itself writes into a stream, between frames. Publishers cannot use their event names.</summary>
internal static class ControlBlocks
{
    /// <summary>Whether an event name is one of the server's own.</summary>
    public static bool IsReserved(ReadOnlySpan<byte> eventName)
        => eventName.SequenceEqual("connected"u8) || eventName.SequenceEqual("gap"u8)
            || eventName.SequenceEqual("heartbeat"u8) || eventName.SequenceEqual("auth-expiring"u8);

    /// <summary>
    /// The greeting, the first block of a stream. Its id, if it has one, is the point after which the stream continues: a stream that is
    /// cut before its first event resumes exactly there.
    /// </summary>
    public static void WriteGreeting(IBufferWriter<byte> output, EventId? position, int retryMilliseconds, DateTimeOffset now)
    {
        Span<byte> id = stackalloc byte[EventId.MaxTextLength];
        id = position is { } known ? id[..known.Format(id)] : [];
        Span<byte> data = stackalloc byte[64];
        var prefix = "Connection established at "u8;
        prefix.CopyTo(data);
        now.TryFormat(data[prefix.Length..], out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        PublisherEventId.TryCreate(id, out var fieldId);
        EventName.TryCreate("connected"u8, out var name);
        EventStreamEncoder.Write(output, new ServerSentEvent
        {
            Id = fieldId,
            Name = name,
            RetryMilliseconds = retryMilliseconds,
            Data = data[..(prefix.Length + length)],
        });
    }

    /// <summary>
    /// A greeting without an event, for clients that would show it to their users as data: clients take its id and its reconnection time,
    /// and dispatch nothing (WHATWG HTML 9.2.6).
    /// </summary>
    public static void WriteSilentGreeting(IBufferWriter<byte> output, EventId? position, int retryMilliseconds)
    {
        if (position is { } known) WriteIdLine(output, known);
        WriteRetry(output, retryMilliseconds);
    }

    /// <summary>
    /// A gap: announces that events were lost to the subscriber. Its data names the topics or patterns that lost some, the last id that the
    /// subscriber had and the first that follows (each null if there is none). A gap has no id, so the client's resume point stays.
    /// </summary>
    public static void WriteGap(IBufferWriter<byte> output, IEnumerable<byte[]> topics, string? after, EventId? from)
    {
        EventName.TryCreate("gap"u8, out var name);
        var data = ComposeGap(topics, after, from);
        EventStreamEncoder.Write(output, new ServerSentEvent { Name = name, Data = data, RetryMilliseconds = -1 });
    }

    /// <summary>The data of a gap.</summary>
    public static ReadOnlySpan<byte> ComposeGap(IEnumerable<byte[]> topics, string? after, EventId? from)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("topics"u8);
            foreach (var topic in topics) writer.WriteStringValue(topic);
            writer.WriteEndArray();
            writer.WriteString("after"u8, after);
            writer.WriteString("from"u8, from?.ToString());
            writer.WriteEndObject();
        }

        return json.WrittenSpan;
    }

    /// <summary>
    /// A heartbeat that page code can see; its data is the server's time in milliseconds since 1970. With a <paramref name="position"/> it
    /// also moves the client's resume point.
    /// </summary>
    public static void WriteHeartbeatEvent(IBufferWriter<byte> output, long unixMilliseconds, EventId? position = null)
    {
        Span<byte> id = stackalloc byte[EventId.MaxTextLength];
        id = position is { } known ? id[..known.Format(id)] : [];
        PublisherEventId.TryCreate(id, out var fieldId);
        Span<byte> data = stackalloc byte[20];
        unixMilliseconds.TryFormat(data, out var length, provider: CultureInfo.InvariantCulture);
        EventName.TryCreate("heartbeat"u8, out var name);
        EventStreamEncoder.Write(output, new ServerSentEvent { Id = fieldId, Name = name, Data = data[..length], RetryMilliseconds = -1 });
    }

    /// <summary>
    /// A block that only moves the client's resume point: an id without data sets the last event ID and dispatches nothing (WHATWG HTML
    /// 9.2.6).
    /// </summary>
    public static void WritePosition(IBufferWriter<byte> output, EventId position)
    {
        WriteIdLine(output, position);
        output.Write("\n"u8);
    }

    /// <summary>A block that only sets the client's reconnection time.</summary>
    public static void WriteRetry(IBufferWriter<byte> output, int retryMilliseconds)
    {
        WriteRetryLine(output, retryMilliseconds);
        output.Write("\n"u8);
    }

    /// <summary>The field that sets the client's reconnection time, within a block.</summary>
    public static void WriteRetryLine(IBufferWriter<byte> output, int retryMilliseconds)
    {
        Span<byte> line = stackalloc byte[32];
        "retry: "u8.CopyTo(line);
        retryMilliseconds.TryFormat(line["retry: ".Length..], out var digits, provider: CultureInfo.InvariantCulture);
        var length = "retry: ".Length + digits;
        line[length++] = (byte)'\n';
        output.Write(line[..length]);
    }

    private static void WriteIdLine(IBufferWriter<byte> output, EventId id)
    {
        Span<byte> line = stackalloc byte["id: ".Length + EventId.MaxTextLength + 1];
        "id: "u8.CopyTo(line);
        var length = "id: ".Length + id.Format(line["id: ".Length..]);
        line[length++] = (byte)'\n';
        output.Write(line[..length]);
    }
}
