namespace SseServer.Catalog;

/// <summary>Whether a publish or a subscription was accepted.</summary>
internal enum HubStatus
{
    Ok,

    /// <summary>The number of topics has reached <see cref="HubOptions.MaxTopics"/> or, for a subscriber, nine tenths of it.</summary>
    TooManyTopics,

    /// <summary><see cref="HubOptions.MaxPatterns"/> distinct patterns have subscribers.</summary>
    TooManyPatterns,

    /// <summary>One of the topics or patterns has <see cref="HubOptions.MaxStreamsPerTopic"/> subscriptions.</summary>
    TooManySubscribers,

    /// <summary>
    /// A topic has ended: nothing was appended or, of a long batch, only the first <c>PublishBatch.AppendedCount</c> events.
    /// </summary>
    TopicEnded,

    /// <summary>
    /// A topic has an event with the same publisher id and other content: nothing was appended or, of a long batch, only the first
    /// <c>PublishBatch.AppendedCount</c> events.
    /// </summary>
    IdConflict,

    /// <summary>There is no such topic.</summary>
    NoSuchTopic,

    /// <summary>The store's disk is full: nothing was appended.</summary>
    StoreFull,

    /// <summary>The store cannot be written, or the engine is stopping: nothing was appended.</summary>
    StoreUnavailable,

    /// <summary>
    /// A store that servers share did not answer: the events may or may not be published. Publishing again with publisher ids is safe.
    /// </summary>
    OutcomeUnknown,

    /// <summary>The store's file is missing: nothing was appended.</summary>
    StoreMissing,
}
