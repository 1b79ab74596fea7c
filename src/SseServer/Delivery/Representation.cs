namespace SseServer.Delivery;

/// <summary>How a subscription is sent events.</summary>
internal enum Representation
{
    /// <summary>As the frames in the logs.</summary>
    EventStream,

    /// <summary>
    /// As an event stream whose data is the event as a JSON object (<c>envelope=json</c>). There is no <c>event</c> field, so that
    /// <c>EventSource.onmessage</c> gets events of every type.
    /// </summary>
    Envelope,

    /// <summary>As the frames in the logs, but binary data is base128 instead of base64 (<c>encoding=base128</c>).</summary>
    Base128,

    /// <summary>As the elements of an array in the one JSON document that answers a poll.</summary>
    Json,
}
