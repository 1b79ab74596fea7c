namespace SseServer.Delivery;

/// <summary>How a subscription stands to the heads of its logs: who waits for it, and what it is sent.</summary>
internal enum SubscriberPace
{
    /// <summary>It was at the head when it last had a turn. Publishers wait for it, and its rounds do.</summary>
    Live,

    /// <summary>It reads history, or has just joined. It is served after live readers, and nobody waits for it.</summary>
    CatchingUp,

    /// <summary>
    /// A send was refused or partial since it was last at the head. As when it catches up, and it is not sent superseded events until it is
    /// at the head again.
    /// </summary>
    Lagging,
}
