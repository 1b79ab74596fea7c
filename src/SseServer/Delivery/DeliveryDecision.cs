namespace SseServer.Delivery;

/// <summary>What becomes of an event that is next for a subscription.</summary>
internal enum DeliveryDecision
{
    /// <summary>It is sent.</summary>
    Send,

    /// <summary>It is not wanted.</summary>
    Exclude,

    /// <summary>It is not wanted because a newer event of its key exists.</summary>
    Superseded,

    /// <summary>Its frame was evicted after the cursor reached its entry: the cursor must be placed again.</summary>
    Lost,
}
