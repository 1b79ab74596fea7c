namespace SseServer.Protocol.EventStream;

/// <summary>The result of <see cref="EventStreamParser.Parse"/>.</summary>
public enum EventStreamParseStatus
{
    /// <summary>All input was consumed and the event, if one began, is not complete.</summary>
    NeedMore,

    /// <summary>An event is complete; the parser's properties describe it until the next call.</summary>
    Event,

    /// <summary>A client's parser only: a block without data is complete that sets the last event ID or the reconnection time.</summary>
    Fields,

    /// <summary>
    /// The event's data, or one of its lines, is longer than the parser allows. The parser stays in this state until it is reset. A
    /// client's parser reports this at the end of the event, with the event's id and reconnection time, and continues.
    /// </summary>
    TooLarge,

    /// <summary>The value of a field is not UTF-8. The parser stays in this state until it is reset.</summary>
    InvalidUtf8,
}
