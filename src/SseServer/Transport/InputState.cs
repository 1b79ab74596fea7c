namespace SseServer.Transport;

/// <summary>What a look at a connection's input, or a read without waiting, came to.</summary>
internal enum InputState
{
    /// <summary>Nothing is there; the next byte completes a wait.</summary>
    Nothing,

    /// <summary>The peer sent data.</summary>
    Data,

    /// <summary>A TLS record has begun; it stays in the kernel, where a wait would complete at once, until it is whole.</summary>
    Partial,

    /// <summary>The peer's end, or a broken connection; a reason is recorded.</summary>
    End,
}
