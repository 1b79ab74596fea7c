namespace SseServer.Protocol.EventStream;

/// <summary>What <see cref="EventStreamParser.Parse"/> came to.</summary>
public enum EventStreamParseStatus
{
    /// <summary>All input was consumed and the event, if one began, is not complete.</summary>
    NeedMore,

    /// <summary>An event is complete; the parser's properties describe it until the next call.</summary>
    Event,

    /// <summary>A reader's parser only: a block without data is complete that sets the last event ID or the reconnection time.</summary>
    Fields,

    /// <summary>
    /// The event's data, or one of its lines, is longer than the parser allows. The parser stays in this state until it is reset; a reader's parser comes here at the
    /// end of the event, still knows its id and reconnection time, and goes on.
    /// </summary>
    TooLarge,

    /// <summary>The value of a field is not UTF-8. The parser stays in this state until it is reset.</summary>
    InvalidUtf8,
}
