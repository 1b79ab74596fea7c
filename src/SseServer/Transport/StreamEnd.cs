namespace SseServer.Transport;

/// <summary>What becomes of a connection when its stream is over.</summary>
internal enum StreamEnd
{
    /// <summary>The last chunk is written: the connection reads requests again, or closes in order where it cannot.</summary>
    KeepAlive,

    /// <summary>Everything written is delivered, then the connection closes.</summary>
    Close,

    /// <summary>The connection is gone at once; what the kernel has not delivered is lost.</summary>
    Abort,
}
