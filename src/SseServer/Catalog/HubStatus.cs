namespace SseServer.Catalog;

/// <summary>Whether the hub took a publish or a subscription.</summary>
internal enum HubStatus
{
    Ok,

    /// <summary>As many topics are in use as <see cref="HubOptions.MaxTopics"/> lets publishers, or readers, have.</summary>
    TooManyTopics,

    /// <summary><see cref="HubOptions.MaxPatterns"/> distinct patterns are being read.</summary>
    TooManyPatterns,

    /// <summary>One of the topics or patterns is read by <see cref="HubOptions.MaxStreamsPerTopic"/> subscriptions.</summary>
    TooManySubscribers,

    /// <summary>A topic has ended: nothing was appended, or, of a long batch, only <c>PublishBatch.AppendedCount</c> events.</summary>
    TopicEnded,

    /// <summary>There is no such topic.</summary>
    NoSuchTopic,

    /// <summary>The store's disk is full: nothing was appended.</summary>
    StoreFull,

    /// <summary>The store cannot be written, or the hub is closing: nothing was appended.</summary>
    StoreUnavailable,

    /// <summary>The store's file is not in its place: nothing was appended.</summary>
    StoreMissing,
}
