namespace SseServer.Delivery;

/// <summary>
/// The state of a subscription. It only moves forward, as <see cref="SubscriptionStates.CanFollow"/> defines. Whether a write is pending is
/// independent of it: a pending write only delays the next step.
/// </summary>
internal enum SubscriptionState
{
    /// <summary>Its logs are acquired; its shard does not serve it yet.</summary>
    New,

    /// <summary>It is sent the events of its logs.</summary>
    Open,

    /// <summary>It is sent no more events. The end is written when no write is pending.</summary>
    Ending,

    /// <summary>The end was handed to the connection. The subscription ends when no write is pending.</summary>
    EndWritten,

    /// <summary>The connection is lost, or the stream has failed. The subscription ends when no write is pending.</summary>
    Broken,

    /// <summary>The shard and the logs no longer refer to it.</summary>
    Ended,
}

/// <summary>The rules of <see cref="SubscriptionState"/>.</summary>
internal static class SubscriptionStates
{
    /// <summary>Whether a subscription may move from one state to another.</summary>
    public static bool CanFollow(this SubscriptionState next, SubscriptionState state) => state switch
    {
        SubscriptionState.New => next is SubscriptionState.Open or SubscriptionState.Broken,
        SubscriptionState.Open => next is SubscriptionState.Ending or SubscriptionState.Broken,
        SubscriptionState.Ending => next is SubscriptionState.EndWritten or SubscriptionState.Broken,
        SubscriptionState.EndWritten => next is SubscriptionState.Broken or SubscriptionState.Ended,
        SubscriptionState.Broken => next is SubscriptionState.Ended,
        _ => false,
    };
}

/// <summary>How a subscription keeps up with the heads of its logs, which decides who waits for it and what it is sent.</summary>
internal enum SubscriberPace
{
    /// <summary>It was at the head after its last turn. Publishers and the rounds of its groups wait for it.</summary>
    Live,

    /// <summary>It reads history, or has just joined. It is served after live subscribers, and nothing waits for it.</summary>
    CatchingUp,

    /// <summary>
    /// A send was refused or partial since it was last at the head. Served as when catching up, and not sent superseded events until it is
    /// at the head again.
    /// </summary>
    Lagging,
}

/// <summary>How a subscription ended. Reported to its transport once no write is pending.</summary>
internal enum StreamEnding
{
    /// <summary>The end of the stream was written in full; the connection can be reused.</summary>
    Complete,

    /// <summary>
    /// The end of the stream was written in full, and the client should reconnect on another connection, which a balancer may direct to
    /// another server.
    /// </summary>
    Shed,

    /// <summary>The connection takes no more writes.</summary>
    Broken,
}
