using System.Buffers.Text;
using SseServer.Delivery;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Endpoints;

/// <summary>
/// What is said of one event beside its data: topic, event name, id, reconnection time, key, and whether its topic ends with it; checked. The query gives it for a single event; a line of a batch or a block of
/// a stream gives its own parts.
/// </summary>
internal readonly ref struct EventFields
{
    // Which of the two is meant nobody knows, and an end cannot be taken back.
    public const string GivenTwice = "A query parameter is given twice; give each parameter once.";

    public TopicName Topic { get; init; }

    public EventName Name { get; init; }

    public PublisherEventId Id { get; init; }

    public int RetryMilliseconds { get; init; }

    /// <summary>Empty for none.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    public bool IsFinal { get; init; }

    /// <summary>The topic that the URL names; the default topic where it names none. Null with a sentence where it cannot be published to.</summary>
    public static string? ReadTopic(RequestParameters parameters, out TopicName topic)
    {
        topic = TopicName.Default;
        var named = parameters.TryGetPathTopic(out var text);
        for (var i = 0; i < parameters.Count; i++)
        {
            var name = parameters.Name(i);
            if (!name.SequenceEqual("topic"u8)) continue;
            if (named) return "The request names more than one topic; name one topic, in the path or in topic=.";
            named = true;
            text = parameters.Value(i);
        }

        return named ? CheckTopic(text, out topic) : null;
    }

    public static string? CheckTopic(ReadOnlySpan<byte> text, out TopicName topic)
    {
        if (!TopicName.TryCreate(text, out topic, out var problem)) return problem;
        return topic.IsServerOwned ? "Topic names that begin with '$' are reserved for the server; publish to another topic." : null;
    }

    /// <summary>A problem where the publisher may not publish to the topic.</summary>
    public static Problem? CheckGrant(TopicName topic, in AuthorizationResult authorization)
        => authorization.Topics.Cover(topic.Utf8) ? null : Problem.BeyondGrant("This key or token is not allowed to publish to that topic; publish to a topic that it grants.");

    public static string? CheckName(ReadOnlySpan<byte> text, out EventName name)
    {
        if (!EventName.TryCreate(text, out name)) return "The event name is invalid; send at most 256 bytes of UTF-8 without line breaks or control characters.";
        return ControlBlocks.IsReserved(text) ? "The event names connected, gap, heartbeat and auth-expiring are reserved for the server; choose another name." : null;
    }

    public static string? CheckId(ReadOnlySpan<byte> text, out PublisherEventId id)
    {
        if (!PublisherEventId.TryCreate(text, out id)) return "The event id is invalid; send 1 to 256 bytes of UTF-8 without control characters or leading or trailing spaces.";
        return EventId.HasServerForm(text) ? "Event ids of the form digits-digits are reserved for the server; choose another form." : null;
    }

    public static string? CheckRetry(ReadOnlySpan<byte> text, EndpointOptions options, out int milliseconds)
    {
        milliseconds = -1;
        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return "retry= must be a whole number of milliseconds.";
        // A number beyond 64 bits is clamped as any other that is too large.
        if (!Utf8Parser.TryParse(text, out long value, out _)) value = long.MaxValue;
        milliseconds = Clamp(value, options);
        return null;
    }

    // A key is written as a name is.
    public static string? CheckKey(ReadOnlySpan<byte> text)
        => !text.IsEmpty && EventName.TryCreate(text, out _) ? null : "The key is invalid; send 1 to 256 bytes of UTF-8 without control characters, or omit it.";

    public static string? CheckFinal(ReadOnlySpan<byte> text, out bool isFinal)
    {
        isFinal = text.SequenceEqual("1"u8) || text.SequenceEqual("true"u8);
        return isFinal || text.SequenceEqual("0"u8) || text.SequenceEqual("false"u8) ? null : "final= must be 1, which ends the topic, or 0.";
    }

    public static int Clamp(long milliseconds, EndpointOptions options)
        => (int)Math.Clamp(milliseconds, (long)options.MinRetry.TotalMilliseconds, (long)options.MaxRetry.TotalMilliseconds);

    /// <summary>Reads the query of a single publish; a sentence that says what to mend, or null.</summary>
    public static string? Read(RequestParameters parameters, EndpointOptions options, out EventFields target)
    {
        target = default;
        var problem = ReadTopic(parameters, out var topic);
        EventName name = default;
        PublisherEventId id = default;
        ReadOnlySpan<byte> key = default;
        var (retry, isFinal) = (-1, false);
        for (var i = 0; problem is null && i < parameters.Count; i++)
        {
            var parameter = parameters.Name(i);
            var value = parameters.Value(i);
            if (parameter.SequenceEqual("topic"u8) || parameter.SequenceEqual(RequestCredential.Parameter)) continue;
            if (parameters.CountOf(parameter) > 1) problem = GivenTwice;
            else if (parameter.SequenceEqual("event"u8)) problem = CheckName(value, out name);
            else if (parameter.SequenceEqual("id"u8)) problem = CheckId(value, out id);
            else if (parameter.SequenceEqual("retry"u8)) problem = CheckRetry(value, options, out retry);
            else if (parameter.SequenceEqual("key"u8)) problem = CheckKey(key = value);
            else if (parameter.SequenceEqual("final"u8)) problem = CheckFinal(value, out isFinal);
            else problem = "A query parameter is unknown; use only the parameters topic, event, id, retry, key and final.";
        }

        if (problem is null) target = new() { Topic = topic, Name = name, Id = id, RetryMilliseconds = retry, Key = key, IsFinal = isFinal };
        return problem;
    }
}
