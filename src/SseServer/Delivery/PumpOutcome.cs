namespace SseServer.Delivery;

/// <summary>Why a turn of the <see cref="Pump"/> ended.</summary>
internal enum PumpOutcome
{
    /// <summary>The subscription has everything.</summary>
    AtHead,

    /// <summary>The turn is used up; there is more.</summary>
    MoreToSend,

    /// <summary>The next events are in the store and are being read; a signal follows.</summary>
    Reading,

    /// <summary>The connection takes nothing at present: a write is pending or it is broken, as the subscription says.</summary>
    Stopped,
}
