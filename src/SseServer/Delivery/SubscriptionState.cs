namespace SseServer.Delivery;

/// <summary>
/// How far a subscription is in its life. It only goes on: from each state to a later one, as <see cref="SubscriptionStates.CanFollow"/>
/// says. Whether a write is pending is independent of it: a pending write only delays the next step.
/// </summary>
internal enum SubscriptionState
{
    /// <summary>Its logs are held; its shard does not serve it yet.</summary>
    New,

    /// <summary>It is sent what its logs get.</summary>
    Open,

    /// <summary>It is sent no more events. Its end is written when no write is pending.</summary>
    Ending,

    /// <summary>Its end was written, as far as the connection took it. It has ended when no write is pending.</summary>
    EndWritten,

    /// <summary>The connection is gone, or the stream has failed. It has ended when no write is pending.</summary>
    Broken,

    /// <summary>The shard and the hub have forgotten it.</summary>
    Ended,
}

/// <summary>The rules of <see cref="SubscriptionState"/>.</summary>
internal static class SubscriptionStates
{
    /// <summary>Whether a subscription in one state may go on to another.</summary>
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
