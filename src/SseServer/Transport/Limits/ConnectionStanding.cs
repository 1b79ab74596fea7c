namespace SseServer.Transport.Limits;

/// <summary>How a connection stands to the limits.</summary>
internal enum ConnectionStanding : byte
{
    /// <summary>Within them.</summary>
    Served,

    /// <summary>There are as many connections as there may be: its first request is refused, and it closes.</summary>
    OverTotal,

    /// <summary>There are as many from its address as there may be: its first request is refused, and it closes.</summary>
    OverAddress,

    /// <summary>So many are being refused already that this one is closed without a word.</summary>
    TurnedAway,
}
