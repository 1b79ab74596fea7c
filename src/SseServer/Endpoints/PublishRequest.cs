using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Endpoints;

/// <summary>
/// The URL of a publish, parsed and checked once: the topic and, for a single event, all its fields except the data. The texts are slices
/// of the buffer of the request's <see cref="RequestParameters"/> and valid as long as those are.
/// </summary>
internal readonly record struct PublishRequest
{
    /// <summary>The kinds of publish; each has its own set of query parameters.</summary>
    public enum Form
    {
        /// <summary>One event, described by the query.</summary>
        Single,

        /// <summary>A batch, whose lines describe their events.</summary>
        Batch,

        /// <summary>A stream of events, whose blocks describe their events.</summary>
        Stream,

        /// <summary>The deletion of a topic.</summary>
        Deletion,
    }

    /// <summary>The reason why an end alone is refused: forgetting the name must not end the default topic.</summary>
    public const string NoTopicToEnd = "The request names no topic to end; name it in the path or in topic=.";

    private static readonly byte[] DefaultTopic = TopicName.Default.Utf8.ToArray();

    // For the sentence about a name that is misspelt.
    private static readonly ParameterNames SingleNames = new("topic", "event", "id", "retry", "key", "final", "access_token");
    private static readonly ParameterNames StreamNames = new("topic", "final", "access_token");
    private static readonly ParameterNames OtherNames = new("topic", "access_token");

    private readonly ReadOnlyMemory<byte> _topic;
    private readonly ReadOnlyMemory<byte> _name;
    private readonly ReadOnlyMemory<byte> _id;
    private readonly ReadOnlyMemory<byte> _key;
    private readonly int _retryMilliseconds;

    private PublishRequest(ReadOnlyMemory<byte> topic, bool isTopicNamed, in Fields fields)
    {
        (_topic, IsTopicNamed) = (topic, isTopicNamed);
        (_name, _id, _key) = (fields.Name, fields.Id, fields.Key);
        (_retryMilliseconds, IsFinal) = (fields.RetryMilliseconds, fields.IsFinal);
    }

    /// <summary>The topic that the URL names, or the default topic.</summary>
    public TopicName Topic
    {
        get
        {
            TopicName.TryCreate(_topic.Span, out var topic, out _);
            return topic;
        }
    }

    /// <summary>Whether the URL names the topic.</summary>
    public bool IsTopicNamed { get; }

    /// <summary>Whether the request without data only ends the topic: the URL has <c>final=1</c> and nothing that an event has.</summary>
    public bool MayBeEnd => IsFinal && _name.IsEmpty && _id.IsEmpty && _key.IsEmpty && _retryMilliseconds < 0;

    /// <summary>The event's key; empty if it has none.</summary>
    public ReadOnlySpan<byte> Key => _key.Span;

    /// <summary>Whether the topic ends with the event, or with the end of the stream.</summary>
    public bool IsFinal { get; }

    /// <summary>Parses the path and the query; returns null, or a sentence that says what is wrong and what to do.</summary>
    public static string? Read(RequestParameters parameters, Form form, EndpointOptions options, out PublishRequest request)
    {
        request = default;
        if (ReadTopic(parameters, out var topic, out var isNamed) is { } wrongTopic) return wrongTopic;
        // Forgetting the name must not delete the default topic.
        if (form == Form.Deletion && !isNamed) return "The request names no topic to delete; name it in the path or in topic=.";
        var fields = new Fields { RetryMilliseconds = -1 };
        for (var i = 0; i < parameters.Count; i++)
        {
            var name = parameters.Name(i);
            if (name.SequenceEqual("topic"u8) || name.SequenceEqual(RequestCredential.Parameter)) continue;
            if (!Accepts(form, name)) return NamesOf(form).CheckName(name) ?? ExplainAccepted(form);
            // It is unknown which of the two is meant, and an end cannot be undone.
            if (parameters.CountOf(name) > 1) return "A query parameter is given twice; give each parameter once.";
            if (fields.Read(name, parameters.Value(i), options) is { } wrong) return wrong;
        }

        request = new(topic, isNamed, fields);
        return null;
    }

    /// <summary>Returns the event with the fields of the query and the given data.</summary>
    public ServerSentEvent WithData(ReadOnlySpan<byte> data, bool isBase64 = false)
    {
        EventName.TryCreate(_name.Span, out var name);
        PublisherEventId.TryCreate(_id.Span, out var id);
        return new() { Name = name, Id = id, RetryMilliseconds = _retryMilliseconds, Data = data, IsBase64 = isBase64 };
    }

    private static string? ReadTopic(RequestParameters parameters, out ReadOnlyMemory<byte> topic, out bool isNamed)
    {
        isNamed = parameters.TryGetPathTopic(out topic);
        for (var i = 0; i < parameters.Count; i++)
        {
            if (!parameters.Name(i).SequenceEqual("topic"u8)) continue;
            if (isNamed) return "The request names more than one topic; name one topic, in the path or in topic=.";
            (topic, isNamed) = (parameters.Value(i), true);
        }

        if (!isNamed) topic = DefaultTopic;
        return EventFields.CheckTopic(topic.Span, out _);
    }

    private static bool Accepts(Form form, ReadOnlySpan<byte> name) => form switch
    {
        Form.Single => name.SequenceEqual("event"u8) || name.SequenceEqual("id"u8) || name.SequenceEqual("retry"u8)
            || name.SequenceEqual("key"u8) || name.SequenceEqual("final"u8),
        Form.Stream => name.SequenceEqual("final"u8),
        _ => false,
    };

    private static ParameterNames NamesOf(Form form) => form switch
    {
        Form.Single => SingleNames,
        Form.Stream => StreamNames,
        _ => OtherNames,
    };

    private static string ExplainAccepted(Form form) => form switch
    {
        Form.Single => "A query parameter is unknown; use only the parameters topic, event, id, retry, key and final.",
        Form.Batch => "A batch accepts only topic= in the query; put everything else in its lines.",
        Form.Stream => "A stream of events accepts only topic= and final= in the query; put everything else in its events.",
        _ => "DELETE accepts only topic= in the query; leave out the other parameters.",
    };

    private struct Fields
    {
        public ReadOnlyMemory<byte> Name;
        public ReadOnlyMemory<byte> Id;
        public ReadOnlyMemory<byte> Key;
        public int RetryMilliseconds;
        public bool IsFinal;

        public string? Read(ReadOnlySpan<byte> parameter, ReadOnlyMemory<byte> value, EndpointOptions options)
        {
            if (parameter.SequenceEqual("event"u8)) return EventFields.CheckName((Name = value).Span, out _);
            if (parameter.SequenceEqual("id"u8)) return EventFields.CheckId((Id = value).Span, out _);
            if (parameter.SequenceEqual("key"u8)) return EventFields.CheckKey((Key = value).Span);
            return parameter.SequenceEqual("retry"u8)
                ? EventFields.CheckRetry(value.Span, options, out RetryMilliseconds)
                : EventFields.CheckFinal(value.Span, out IsFinal);
        }
    }
}
