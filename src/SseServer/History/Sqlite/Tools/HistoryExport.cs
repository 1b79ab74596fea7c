using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.History.Sqlite.Tools;

/// <summary>
/// Writes a history's events as lines of JSON, in id order, in the form of a batch publish: topic, event, id, retry, key, final, data. The
/// id is the publisher's; event ids are left out, because a server that gets the events assigns its own. With event ids, as eventId, the
/// lines are for an import.
/// </summary>
internal sealed class HistoryExport(bool withEventIds)
{
    // What is written to a terminal or a pipe at a time.
    private const int WriteBytes = 64 * 1024;

    private readonly EventStreamParser _parser = new(int.MaxValue / 2);
    private readonly ArrayBufferWriter<byte> _lines = new(2 * WriteBytes);

    /// <summary>
    /// Writes the events after an id, of the selected topics and patterns or of all topics. Events that cannot be read are left out and
    /// reported, a block perhaps more than once.
    /// </summary>
    /// <param name="reader">Reads the history.</param>
    /// <param name="selectors">Topics and patterns; none for all topics.</param>
    /// <param name="after">The id after which to begin.</param>
    /// <param name="withEventIds">Whether lines have event ids, too.</param>
    /// <param name="output">Gets the lines.</param>
    /// <param name="onDamage">Gets what is left out.</param>
    /// <returns>The number of events.</returns>
    /// <exception cref="StoreException">The history cannot be read.</exception>
    public static long Write(
        IStoredEventReader reader, IReadOnlyList<string> selectors, long after, bool withEventIds, TextWriter output,
        Action<DamagedBlock> onDamage)
        => new HistoryExport(withEventIds).Write(reader, Select(selectors), after, output, onDamage);

    private static StoredSelection Select(IReadOnlyList<string> selectors)
    {
        var topics = new List<byte[]>();
        var patterns = new List<TopicPattern>();
        foreach (var selector in selectors.Count > 0 ? selectors : ["**"])
        {
            var text = System.Text.Encoding.UTF8.GetBytes(selector);
            if (TopicPattern.IsPattern(text) && TopicPattern.TryCreate(text, out var pattern, out _)) patterns.Add(pattern!);
            else topics.Add(text);
        }

        return new(topics, patterns) { NeedsNames = true };
    }

    private long Write(IStoredEventReader reader, StoredSelection selection, long after, TextWriter output, Action<DamagedBlock> onDamage)
    {
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
        using var json = new Utf8JsonWriter(_lines, options);
        var page = new StoredPage(256 * 1024) { HasKeys = true };
        long count = 0;
        do
        {
            reader.Read(selection, after, long.MaxValue, page);
            page.Damage.ForEach(onDamage);
            foreach (var entry in page.Entries.AsSpan(0, page.Count))
            {
                WriteLine(json, entry.TopicName, page.Bytes.AsMemory(entry.Offset, entry.Length), entry);
                if (_lines.WrittenCount >= WriteBytes) Flush(output);
                after = entry.Id;
            }

            count += page.Count;
        }
        while (!page.IsEnd);
        Flush(output);
        return count;
    }

    private void WriteLine(Utf8JsonWriter json, ReadOnlySpan<byte> topic, ReadOnlyMemory<byte> frame, in StoredEntry entry)
    {
        var hasId = EventFrame.TryGetPublisherId(frame.Span, entry.PrefixLength, out _);
        var payload = new ReadOnlySequence<byte>(frame[entry.PrefixLength..]);
        _parser.Reset();
        // A topic's end without an event is a block without data.
        var hasData = _parser.Parse(ref payload) == EventStreamParseStatus.Event;
        json.Reset();
        json.WriteStartObject();
        json.WriteString("topic"u8, topic);
        if (!_parser.Name.IsEmpty) json.WriteString("event"u8, _parser.Name);
        if (hasId) json.WriteString("id"u8, _parser.Id);
        if (withEventIds) WriteEventId(json, new(entry.Id));
        if (_parser.RetryMilliseconds >= 0) json.WriteNumber("retry"u8, _parser.RetryMilliseconds);
        if (entry.Key is { } key) json.WriteString("key"u8, key);
        if (entry.IsFinal) json.WriteBoolean("final"u8, true);
        if (hasData) json.WriteString("data"u8, _parser.Data);
        json.WriteEndObject();
        json.Flush();
        _lines.Write("\n"u8);
    }

    private static void WriteEventId(Utf8JsonWriter json, EventId id)
    {
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        json.WriteString("eventId"u8, text[..id.Format(text)]);
    }

    private void Flush(TextWriter output)
    {
        output.Write(System.Text.Encoding.UTF8.GetString(_lines.WrittenSpan));
        _lines.ResetWrittenCount();
    }
}
