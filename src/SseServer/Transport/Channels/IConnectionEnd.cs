namespace SseServer.Transport.Channels;

/// <summary>The end of a connection and the reason for it. Safe on any thread.</summary>
internal interface IConnectionEnd
{
    /// <summary>The first reason that was recorded; <see cref="CloseReason.None"/> while there is none.</summary>
    CloseReason CloseReason { get; }

    /// <summary>Records why the connection ends; false if a reason was recorded before.</summary>
    bool TryRecord(CloseReason reason);

    /// <summary>Breaks the connection at once: unsent bytes are lost, and pending reads and writes end.</summary>
    void Abort(CloseReason reason);
}
