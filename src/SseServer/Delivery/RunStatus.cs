namespace SseServer.Delivery;

/// <summary>What follows the run that a <see cref="FrameSource"/> has yielded.</summary>
internal enum RunStatus
{
    /// <summary>Perhaps more.</summary>
    More,

    /// <summary>Nothing: the subscription has everything. The run is empty.</summary>
    AtHead,

    /// <summary>The cursors must be placed again: their log no longer holds what they point at, or the run came from the store.</summary>
    MustSeek,
}
