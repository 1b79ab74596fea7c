using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Protocol.Http;
using SseServer.Protocol.Topics;

namespace SseServer.Endpoints;

/// <summary>What a request for a stream asks for, parsed and checked once. Immutable.</summary>
/// <param name="Selectors">The topics and patterns; at least one.</param>
/// <param name="Start">Where the stream begins.</param>
/// <param name="HasHeartbeatEvents">Whether heartbeats are sent as events instead of comments.</param>
/// <param name="HasGreetingEvent">Whether the first block is an event.</param>
/// <param name="Filter">The types of event that are wanted; null for all.</param>
internal sealed record SubscribeRequest(
    IReadOnlyList<Selector> Selectors, ResumePoint Start, bool HasHeartbeatEvents, bool HasGreetingEvent, EventFilter? Filter)
{
    // All that a request for a stream can have. Others are ignored, because pages add their own (_=1, utm_source=), but a misspelling of
    // one of these is refused.
    private static readonly ParameterNames Names
        = new("topic", "since", "lastEventId", "event", "heartbeat", "greeting", "envelope", "encoding", "poll", "limit", "access_token");

    private static readonly (string Name, byte[] Utf8)[] SingleNames
        = Array.ConvertAll<string, (string, byte[])>(
            ["since", "lastEventId", "heartbeat", "greeting", "envelope", "encoding", "poll", "limit"],
            name => (name, Encoding.ASCII.GetBytes(name)));

    /// <summary>How events are represented.</summary>
    public Representation Representation { get; init; }

    /// <summary>How a poll is answered; null for a stream.</summary>
    public PollParameters? Poll { get; init; }

    /// <summary>The number of selectors that are patterns.</summary>
    public int Patterns => Selectors.Count(selector => selector.Pattern is not null);

    /// <summary>Parses the path, the query and <c>Last-Event-ID</c>; returns null, or a problem.</summary>
    /// <param name="head">The head of the request.</param>
    /// <param name="parameters">Its path and query.</param>
    /// <param name="options">Bounds the number of selectors.</param>
    /// <param name="now">The time to which an age in <c>since=</c> refers.</param>
    /// <param name="request">The result if there is no problem.</param>
    public static Problem? Read(
        RequestHead head, RequestParameters parameters, EndpointOptions options, DateTimeOffset now, out SubscribeRequest? request)
    {
        request = null;
        if (CheckNames(parameters) is { } wrongName) return Problem.BadRequest(wrongName);
        var selectors = new List<Selector>(1);
        if (ReadSelectors(parameters, selectors) is { } wrongSelector) return Problem.BadRequest(wrongSelector);
        if (selectors.Count > options.MaxTopicsPerSubscription) return TooManyTopics(options.MaxTopicsPerSubscription);
        if (!TryReadStart(head, parameters, now, out var start)) return Problem.BadRequest(SinceParameter.Forms);
        if (!TryReadHeartbeat(parameters, out var hasHeartbeatEvents)) return Problem.BadRequest("heartbeat= must be event or comment.");
        if (!TryReadGreeting(parameters, out var hasGreetingEvent)) return Problem.BadRequest("greeting= must be event or none.");
        if (ReadFilter(parameters, out var filter) is { } wrongFilter) return Problem.BadRequest(wrongFilter);
        if (!TryReadEnvelope(parameters, out var hasEnvelope))
            return Problem.BadRequest("envelope= must be json; omit it to get events as they were published.");
        var isJson = AcceptHeader.PrefersJson(head);
        if (ReadEncoding(parameters, isJson || hasEnvelope, out var isBase128) is { } wrongEncoding)
            return Problem.BadRequest(wrongEncoding);
        if (PollParameters.Read(parameters, isJson, out var poll) is { } wrongPoll) return Problem.BadRequest(wrongPoll);
        request = new(selectors, start, hasHeartbeatEvents, hasGreetingEvent, filter)
        {
            Representation = isJson ? Representation.Json : hasEnvelope ? Representation.Envelope
                : isBase128 ? Representation.Base128 : Representation.EventStream,
            Poll = poll,
        };
        return null;
    }

    private static string? CheckNames(RequestParameters parameters)
    {
        for (var i = 0; i < parameters.Count; i++)
            if (Names.CheckName(parameters.Name(i)) is { } wrong) return wrong;
        // It is unknown which of the two is meant.
        foreach (var (name, utf8) in SingleNames)
            if (parameters.CountOf(utf8, withValue: true) > 1) return $"The parameter {name}= is given twice; give it once.";
        return null;
    }

    private static string? ReadSelectors(RequestParameters parameters, List<Selector> selectors)
    {
        if (parameters.TryGetPathTopic(out var path) && Add(path.Span, selectors) is { } wrongPath) return wrongPath;
        for (var i = 0; i < parameters.Count; i++)
        {
            if (!parameters.Name(i).SequenceEqual("topic"u8)) continue;
            if (Add(parameters.Value(i).Span, selectors) is { } wrong) return wrong;
        }

        return selectors.Count == 0 ? Add(TopicName.Default.Utf8, selectors) : null;
    }

    private static string? Add(ReadOnlySpan<byte> text, List<Selector> selectors)
    {
        if (!Selector.TryCreate(text, out var selector, out var problem)) return problem;
        selectors.Add(selector);
        return null;
    }

    private static Problem TooManyTopics(int max)
        => new(ProblemCode.TooManyTopics, $"A subscription can name at most {max} topics; use a pattern, or open several streams.")
        {
            Limit = LimitKind.TopicsPerSubscription,
        };

    // A reconnecting EventSource sends the header, while its URL still says where it first began: so the header wins.
    private static bool TryReadStart(RequestHead head, RequestParameters parameters, DateTimeOffset now, out ResumePoint start)
    {
        start = ResumePoint.Head;
        if (head.TryGetHeader("Last-Event-ID"u8, out var id) && !id.IsEmpty) start = ResumePoint.After(id);
        else if (parameters.TryGetFilled("lastEventId"u8, out id)) start = ResumePoint.After(id);
        else if (parameters.TryGetFilled("since"u8, out var since)) return SinceParameter.TryParse(since, now, out start);
        return true;
    }

    private static bool TryReadHeartbeat(RequestParameters parameters, out bool asEvent)
    {
        asEvent = parameters.TryGetFilled("heartbeat"u8, out var value) && value.SequenceEqual("event"u8);
        return asEvent || value.IsEmpty || value.SequenceEqual("comment"u8);
    }

    private static bool TryReadGreeting(RequestParameters parameters, out bool asEvent)
    {
        asEvent = !parameters.TryGetFilled("greeting"u8, out var value) || value.SequenceEqual("event"u8);
        return asEvent || value.SequenceEqual("none"u8);
    }

    private static bool TryReadEnvelope(RequestParameters parameters, out bool hasEnvelope)
    {
        var isGiven = parameters.TryGet("envelope"u8, out var value);
        hasEnvelope = isGiven && value.SequenceEqual("json"u8);
        return hasEnvelope == isGiven;
    }

    private static string? ReadEncoding(RequestParameters parameters, bool isJson, out bool isBase128)
    {
        isBase128 = false;
        if (!parameters.TryGet("encoding"u8, out var value) || value.SequenceEqual("base64"u8)) return null;
        isBase128 = value.SequenceEqual("base128"u8);
        if (!isBase128) return "encoding= must be base64 or base128.";
        return isJson ? "With an envelope and in JSON binary data is base64; omit encoding=base128." : null;
    }

    private static string? ReadFilter(RequestParameters parameters, out EventFilter? filter)
    {
        var names = new List<byte[]>();
        for (var i = 0; i < parameters.Count; i++)
            if (parameters.Name(i).SequenceEqual("event"u8)) names.Add(parameters.Value(i).ToArray());
        EventFilter.TryCreate(names, out filter, out var problem);
        return problem;
    }
}
