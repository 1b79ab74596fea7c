using System.Globalization;
using System.Text;
using System.Text.Json;
using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Hosting.Transfer;

/// <summary>
/// The lines of an export: those of a batch publish, perhaps with event ids. Events without one get ids of this moment, above those before.
/// </summary>
internal sealed class ExportSource(TextReader lines, string name, DateTimeOffset now) : IHistorySource
{
    private readonly PublishBatch _batch = new();
    private EventId _first;
    private EventId _last;

    // An export tells of its events only.
    public HistoryMarks Marks
        => _last.Value == 0
            ? new(0, 0, 0, [], [])
            : new(_first.Previous.Value, _last.Value, 0, [new(_first.Previous.Value, _last.Value)], []);

    public void CopyTo(HistoryCopy copy)
    {
        for (var number = 1L; lines.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            if (Read(line, copy) is { } problem)
                throw new StoreException(
                    StoreFailure.Corrupt, string.Create(CultureInfo.InvariantCulture, $"{name}, line {number}: {problem}"));
        }
    }

    public void Dispose() => lines.Dispose();

    private string? Read(string line, HistoryCopy copy)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new() { MaxDepth = 1002 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(document.RootElement, copy)
                : "this is not a JSON object; give a file that 'sse-server history export' wrote.";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "this is not valid JSON; give a file that 'sse-server history export' wrote.";
        }
    }

    private string? Read(JsonElement line, HistoryCopy copy)
    {
        var topicText = Text(line, "topic");
        if (!TopicName.TryCreate(topicText, out var topic, out var problem)) return problem;
        if (!EventName.TryCreate(Text(line, "event"), out var eventName)) return "the event's name is not valid.";
        PublisherEventId publisherId = default;
        if (line.TryGetProperty("id", out _) && !PublisherEventId.TryCreate(Text(line, "id"), out publisherId))
            return "the event's id is not valid.";
        var id = EventId.Next(_last, now.ToUnixTimeMilliseconds());
        if (line.TryGetProperty("eventId", out _) && !EventId.TryParse(Text(line, "eventId"), out id)) return "eventId is not an event id.";
        if (id <= _last) return $"the event id {id} is not above those of the lines before it.";
        var key = Text(line, "key");
        if (!EventName.TryCreate(key, out _)) return "the key is not valid.";
        var isFinal = line.TryGetProperty("final", out var final) && final.GetBoolean();
        var retry = line.TryGetProperty("retry", out var milliseconds) ? milliseconds.GetInt32() : -1;
        var hasData = line.TryGetProperty("data", out var data);
        if (!hasData && !isFinal) return "the event has no data.";
        _batch.Clear();
        ReadOnlySpan<byte> text = hasData ? Encoding.UTF8.GetBytes(data.GetString()!) : [];
        if (!hasData) _batch.AddEnd(topic);
        else _batch.Add(topic, new() { Id = publisherId, Name = eventName, RetryMilliseconds = retry, Data = text }, key, isFinal);
        ref readonly var item = ref _batch.Items[0];
        copy.Add(topic.Utf8, id, _batch.BlockOf(item), item.PublisherIdLength, key, isFinal, _batch.DigestOf(item));
        if (_last.Value == 0) _first = id;
        _last = id;
        return null;
    }

    private static byte[] Text(JsonElement line, string field)
        => line.TryGetProperty(field, out var value) ? Encoding.UTF8.GetBytes(value.GetString() ?? "") : [];
}
