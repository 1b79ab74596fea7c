namespace SseServer.Protocol.EventStream;

/// <summary>
/// An event to encode: views of bytes that the caller owns. Its data may be any UTF-8, with any line breaks; the other fields cannot hold
/// one. The default value is an event with empty data.
/// </summary>
public readonly ref struct ServerSentEvent
{
    // One more than the value, so that the default value of the type has no retry field.
    private readonly int _retryPlusOne;

    /// <summary>The publisher's id; without one, no <c>id</c> line is written.</summary>
    public PublisherEventId Id { get; init; }

    /// <summary>The event's name; for the default name, no <c>event</c> line is written.</summary>
    public EventName Name { get; init; }

    /// <summary>The data, valid UTF-8. Each of its lines becomes one <c>data</c> line; empty data is one empty line.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>
    /// The data is binary, as base64 (RFC 4648 section 4). No space follows the colon of its <c>data</c> line. Parsers of event streams see
    /// no difference, because the space is optional (WHATWG HTML 9.2.6), but the frame tells binary data from text.
    /// </summary>
    public bool IsBase64 { get; init; }

    /// <summary>
    /// The reconnection time in milliseconds, 0 to <see cref="int.MaxValue"/>; for a negative value, no <c>retry</c> line is written.
    /// </summary>
    public int RetryMilliseconds
    {
        get => unchecked(_retryPlusOne - 1);
        init => _retryPlusOne = unchecked(value + 1);
    }
}
