using System.Buffers.Text;
using SseServer.Delivery;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Endpoints;

/// <summary>
/// The rules for each field of a published event except its data, wherever the field is given: in the query, in a line of a batch or in a
/// block of a stream. Each method returns null, or a sentence that says what is wrong and what to do. Pure.
/// </summary>
internal static class EventFields
{
    public static string? CheckTopic(ReadOnlySpan<byte> text, out TopicName topic)
    {
        if (!TopicName.TryCreate(text, out topic, out var problem)) return problem;
        return topic.IsServerOwned ? "Topic names that begin with '$' are reserved for the server; publish to another topic." : null;
    }

    /// <summary>Returns a problem if the publisher may not publish to the topic.</summary>
    public static Problem? CheckGrant(TopicName topic, in AuthorizationResult authorization)
        => authorization.Topics.Cover(topic.Utf8)
            ? null
            : Problem.BeyondGrant("This key or token is not allowed to publish to that topic; publish to a topic that it grants.");

    public static string? CheckName(ReadOnlySpan<byte> text, out EventName name)
    {
        if (!EventName.TryCreate(text, out name))
            return "The event name is invalid; send at most 256 bytes of UTF-8 without line breaks or control characters.";
        return ControlBlocks.IsReserved(text)
            ? "The event names connected, gap, heartbeat and auth-expiring are reserved for the server; choose another name."
            : null;
    }

    public static string? CheckId(ReadOnlySpan<byte> text, out PublisherEventId id)
    {
        if (!PublisherEventId.TryCreate(text, out id))
            return "The event id is invalid; send 1 to 256 bytes of UTF-8 without control characters or leading or trailing spaces.";
        return EventId.HasServerForm(text)
            ? "Event ids of the form digits-digits are reserved for the server; choose another form."
            : null;
    }

    public static string? CheckRetry(ReadOnlySpan<byte> text, EndpointOptions options, out int milliseconds)
    {
        milliseconds = -1;
        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return "retry= must be a whole number of milliseconds.";
        // A number of more than 64 bits is clamped like any other that is too large.
        if (!Utf8Parser.TryParse(text, out long value, out _)) value = long.MaxValue;
        milliseconds = ClampRetry(value, options);
        return null;
    }

    // A key follows the rules of a name, but is never empty.
    public static string? CheckKey(ReadOnlySpan<byte> text)
        => !text.IsEmpty && EventName.TryCreate(text, out _)
            ? null
            : "The key is invalid; send 1 to 256 bytes of UTF-8 without control characters, or omit it.";

    public static string? CheckFinal(ReadOnlySpan<byte> text, out bool isFinal)
    {
        isFinal = text.SequenceEqual("1"u8) || text.SequenceEqual("true"u8);
        return isFinal || text.SequenceEqual("0"u8) || text.SequenceEqual("false"u8)
            ? null
            : "final= must be 1, which ends the topic, or 0.";
    }

    /// <summary>Returns a reconnection time in milliseconds within the bounds of the options.</summary>
    public static int ClampRetry(long milliseconds, EndpointOptions options)
        => (int)Math.Clamp(milliseconds, (long)options.MinRetry.TotalMilliseconds, (long)options.MaxRetry.TotalMilliseconds);
}
