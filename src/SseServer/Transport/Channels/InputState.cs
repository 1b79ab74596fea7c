namespace SseServer.Transport.Channels;

/// <summary>The outcome of reading a connection's input without waiting.</summary>
internal enum InputState
{
    /// <summary>Nothing has arrived; the next byte ends a wait.</summary>
    Nothing,

    /// <summary>The peer sent data.</summary>
    Data,

    /// <summary>Part of a TLS record has arrived. It stays in the kernel until it is whole; a wait would end at once.</summary>
    Partial,

    /// <summary>The peer ended its side, or the connection is broken. A close reason is recorded.</summary>
    End,
}
