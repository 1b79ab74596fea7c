using System.Globalization;
using System.Text;
using System.Text.Json;
using SseServer.Delivery;

namespace SseServer.Tests.Hub.Support;

/// <summary>The answer to a poll, as JSON or as an event stream with an end.</summary>
internal sealed record PollAnswer(string[] Ids, string[] Data, string[] Topics, string? Next, JsonElement? Gap, string[] Lost,
    bool HasEnded)
{
    /// <summary>Reads the answer of a subscription that has ended.</summary>
    public static PollAnswer Read(RecordingSubscription subscription)
    {
        if (subscription.Representation != Representation.Json) return ReadStream(subscription.Stream, subscription.IsChunked);
        var json = JsonDocument.Parse(TakeOffChunks(subscription.Connection.ToArray(), subscription.IsChunked)).RootElement;
        var events = json.GetProperty("events").EnumerateArray().ToArray();
        var gap = json.GetProperty("gap");
        return new(
            [.. events.Select(e => e.GetProperty("id").GetString()!)],
            [.. events.Select(e => e.GetProperty("data").GetString()!)],
            [.. events.Select(e => e.GetProperty("topic").GetString()!)],
            json.GetProperty("next").GetString(),
            gap.ValueKind == JsonValueKind.Null ? null : gap,
            gap.ValueKind == JsonValueKind.Null ? [] : TopicsOf(gap),
            json.GetProperty("ended").GetBoolean());
    }

    private static PollAnswer ReadStream(ReceivedStream stream, bool isChunked)
    {
        Assert.That(stream.IsEnded, Is.EqualTo(isChunked));
        // Several may precede the first event; in JSON they are one.
        var gaps = stream.Gaps.Select(gap => JsonDocument.Parse(gap).RootElement).ToArray();
        JsonElement? first = gaps.Length > 0 ? gaps[0] : null;
        return new([.. stream.Events.Select(e => e.Id!)], stream.Data, [], stream.LastEventId, first, [.. gaps.SelectMany(TopicsOf)],
            HasEnded: false);
    }

    private static string[] TopicsOf(JsonElement gap)
        => [.. gap.GetProperty("topics").EnumerateArray().Select(name => name.GetString()!)];

    private static string TakeOffChunks(byte[] bytes, bool isChunked)
    {
        if (!isChunked) return Encoding.UTF8.GetString(bytes);
        var (payload, at) = (new List<byte>(), 0);
        while (true)
        {
            var line = bytes.AsSpan(at).IndexOf("\r\n"u8);
            var size = int.Parse(bytes.AsSpan(at, line), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            at += line + 2;
            payload.AddRange(bytes.AsSpan(at, size));
            Assert.That(bytes.AsSpan(at + size, 2).SequenceEqual("\r\n"u8), Is.True, "a chunk ends where its size says");
            at += size + 2;
            if (size > 0) continue;
            Assert.That(at, Is.EqualTo(bytes.Length), "nothing follows the last chunk");
            return Encoding.UTF8.GetString([.. payload]);
        }
    }
}
