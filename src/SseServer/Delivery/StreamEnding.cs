namespace SseServer.Delivery;

/// <summary>How a subscription ended, told to its transport once no write is pending.</summary>
internal enum StreamEnding
{
    /// <summary>The end of the stream was written in full; the connection may go on.</summary>
    Complete,

    /// <summary>
    /// The end of the stream was written in full, and its client is to come back on another connection: a balancer may lead that to another server.
    /// </summary>
    Shed,

    /// <summary>The connection takes no more writes.</summary>
    Broken,
}
