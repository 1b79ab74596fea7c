namespace SseServer.Hub;

/// <summary>Whether the hub took a publish or a subscription.</summary>
internal enum HubStatus
{
    Ok,

    /// <summary><see cref="HubOptions.MaxTopics"/> topics are in use.</summary>
    TooManyTopics,

    /// <summary><see cref="HubOptions.MaxPatterns"/> distinct patterns are being read.</summary>
    TooManyPatterns,
}
