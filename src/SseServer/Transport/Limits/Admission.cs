namespace SseServer.Transport.Limits;

/// <summary>Whether a connection is within the limits.</summary>
internal enum AdmissionState : byte
{
    /// <summary>Within them.</summary>
    Served,

    /// <summary>The limit on connections was reached: its first request is refused, then it closes.</summary>
    OverTotal,

    /// <summary>The limit on connections from its address was reached: its first request is refused, then it closes.</summary>
    OverAddress,

    /// <summary>So many are being refused already that this one is closed without a reply.</summary>
    TurnedAway,
}

/// <summary>What <see cref="ConnectionLimits"/> decided about a connection, and what it must return when it closes.</summary>
/// <param name="State">Whether it is within the limits.</param>
/// <param name="IsCountedForAddress">Whether it counts for the limit of its address.</param>
internal readonly record struct Admission(AdmissionState State, bool IsCountedForAddress = false)
{
    /// <summary>Why the connection will end; None while it is served.</summary>
    public CloseReason CloseReason => State switch
    {
        AdmissionState.Served => CloseReason.None,
        AdmissionState.OverTotal => CloseReason.ConnectionLimit,
        _ => CloseReason.AddressLimit,
    };
}
