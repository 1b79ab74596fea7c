using System.Text.Json;
using System.Text.Unicode;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Endpoints;

/// <summary>
/// Reads a line of a batch: <c>{"topic","event","id","retry","key","final","data"}</c>. If data is a string, its text is the event's data;
/// any other JSON value is the data as it is written. The topic may be omitted if the URL names it. A line with <c>"final":true</c> and at
/// most a topic ends the topic without an event. A member that is null is not given: many serializers write one for every empty property.
/// </summary>
internal static class BatchLine
{
    private const string NotAnObject = "not a valid JSON object; send one object per line.";

    private const string NoData = "data is missing; add the field.";

    private const string NullData = "data is null, which means that it is missing; send data, or the text \"null\" as a string.";

    private const string TooDeep = "data is nested deeper than 1000 levels; nest it less, or send it as a string.";

    // Levels of arrays and objects in the data. Some clients' parsers read no deeper ones; Python's stops at about this depth.
    private const int MaxNesting = 1000;

    private const string NotUnicode = "a string is not valid Unicode; send UTF-8, and surrogates only in pairs.";

    /// <summary>Adds the line's event to the context's batch; returns a problem if the line is not one.</summary>
    public static Problem? TryAdd(ReadOnlySpan<byte> line, TopicName topic, EndpointOptions options, PublishContext context)
    {
        context.Text.ResetWrittenCount();
        try
        {
            return Read(line, topic, options, context);
        }
        catch (JsonException)
        {
            return Problem.BadEvent(NotAnObject);
        }
        catch (InvalidOperationException)
        {
            // The reader throws this for a string that is not valid UTF-8 or has half of a surrogate pair.
            return Problem.BadEvent(NotUnicode);
        }
    }

    private static Problem? Read(ReadOnlySpan<byte> line, TopicName topic, EndpointOptions options, PublishContext context)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaxNesting + 2 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return Problem.BadEvent("not a JSON object; send one object per line.");
        EventName name = default;
        PublisherEventId id = default;
        ReadOnlySpan<byte> key = default;
        ReadOnlySpan<byte> data = default;
        var (retry, isFinal) = (-1, false);
        Fields seen = default, given = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = FieldOf(ref reader);
            if (field == Fields.None)
                return Problem.BadEvent("a field is unknown; use only topic, event, id, retry, key, final and data.");
            if (seen.HasFlag(field)) return Problem.BadEvent("a field is given twice; give each field once.");
            seen |= field;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            given |= field;
            var problem = field switch
            {
                Fields.Topic => ReadText(ref reader, context, out var text) ?? EventFields.CheckTopic(text, out topic),
                Fields.Event => ReadText(ref reader, context, out var text) ?? EventFields.CheckName(text, out name),
                Fields.Id => ReadText(ref reader, context, out var text) ?? EventFields.CheckId(text, out id),
                Fields.Retry => ReadRetry(ref reader, options, out retry),
                Fields.Key => ReadText(ref reader, context, out key) ?? EventFields.CheckKey(key),
                Fields.Final => ReadFlag(ref reader, out isFinal),
                _ => ReadData(ref reader, line, context, out data),
            };
            if (problem is not null) return Problem.BadEvent(problem);
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) return Problem.BadEvent(NotAnObject);
        var isEnd = isFinal && (given & ~(Fields.Topic | Fields.Final)) == Fields.None;
        if (!isEnd && !given.HasFlag(Fields.Data)) return Problem.BadEvent(seen.HasFlag(Fields.Data) ? NullData : NoData);
        if (data.Length > options.MaxEventBytes) return TooLarge(options.MaxEventBytes);
        if (EventFields.CheckGrant(topic, context.Authorization) is { } beyond) return beyond;
        if (isEnd) context.Batch.AddEnd(topic);
        else context.Batch.Add(topic, new ServerSentEvent { Name = name, Id = id, RetryMilliseconds = retry, Data = data }, key, isFinal);
        return null;
    }

    [Flags]
    private enum Fields
    {
        None = 0,
        Topic = 1,
        Event = 2,
        Id = 4,
        Retry = 8,
        Data = 16,
        Key = 32,
        Final = 64,
    }

    private static Fields FieldOf(scoped ref Utf8JsonReader reader)
        => reader.ValueTextEquals("data"u8) ? Fields.Data
            : reader.ValueTextEquals("topic"u8) ? Fields.Topic
            : reader.ValueTextEquals("event"u8) ? Fields.Event
            : reader.ValueTextEquals("id"u8) ? Fields.Id
            : reader.ValueTextEquals("retry"u8) ? Fields.Retry
            : reader.ValueTextEquals("key"u8) ? Fields.Key
            : reader.ValueTextEquals("final"u8) ? Fields.Final : Fields.None;

    private static Problem TooLarge(int maxBytes)
        => new(ProblemCode.EventTooLarge, $"data is longer than {maxBytes} bytes; send less, or raise Limits:MaxEventBytes.")
        {
            Limit = LimitKind.EventBytes,
        };

    private static string? ReadText(scoped ref Utf8JsonReader reader, PublishContext context, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (reader.TokenType != JsonTokenType.String) return "topic, event, id and key must be strings.";
        text = Unescape(ref reader, context);
        return null;
    }

    private static string? ReadRetry(scoped ref Utf8JsonReader reader, EndpointOptions options, out int retry)
    {
        retry = -1;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
            return "retry must be a whole number of milliseconds.";
        retry = EventFields.ClampRetry(value, options);
        return null;
    }

    private static string? ReadFlag(scoped ref Utf8JsonReader reader, out bool value)
    {
        value = reader.TokenType == JsonTokenType.True;
        return value || reader.TokenType == JsonTokenType.False ? null : "final must be true or false.";
    }

    private static string? ReadData(
        scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> line, PublishContext context, out ReadOnlySpan<byte> data)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            data = Unescape(ref reader, context);
            return null;
        }

        var start = (int)reader.TokenStartIndex;
        data = default;
        if (!TrySkipValue(ref reader, context)) return TooDeep;
        data = line[start..(int)reader.BytesConsumed];
        return Utf8.IsValid(data) ? null : NotUnicode;
    }

    // The value is sent as it is written, so its strings need no unescaping. But a string with half of a surrogate pair is not Unicode, and
    // clients differ in what they make of it.
    private static bool TrySkipValue(scoped ref Utf8JsonReader reader, PublishContext context)
    {
        var depth = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth > MaxNesting) return false;
            // CopyString throws if the string is not Unicode.
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                reader.CopyString(context.Text.GetSpan(reader.ValueSpan.Length));
        }
        while ((reader.CurrentDepth > depth || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.Read());
        return true;
    }

    private static ReadOnlySpan<byte> Unescape(scoped ref Utf8JsonReader reader, PublishContext context)
    {
        if (!reader.ValueIsEscaped && Utf8.IsValid(reader.ValueSpan)) return reader.ValueSpan;
        // Earlier spans stay valid when the writer grows: they keep the array that they were cut from.
        var written = reader.CopyString(context.Text.GetSpan(reader.ValueSpan.Length));
        var start = context.Text.WrittenCount;
        context.Text.Advance(written);
        return context.Text.WrittenSpan[start..];
    }
}
