namespace SseServer.Endpoints;

/// <summary>How a publish's body is meant (RFC 9110 section 8.3).</summary>
internal enum BodyFormat
{
    /// <summary>The body is one event's data: any type without a meaning of its own here.</summary>
    Text,

    /// <summary><c>application/octet-stream</c>: one event's data, sent as base64.</summary>
    Binary,

    /// <summary><c>application/x-ndjson</c>: an event a line.</summary>
    Batch,

    /// <summary><c>text/event-stream</c>: an event a block.</summary>
    EventStream,
}
