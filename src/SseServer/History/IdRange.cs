namespace SseServer.History;

/// <summary>
/// Ids that one life of a history covered: each event that was given one of them belongs to this history, or was lost with its unclean
/// stop.
/// </summary>
/// <param name="First">The head with which the life began; no event has this id, but a reader may stand at it.</param>
/// <param name="Last">The last id that is known to be of this life.</param>
internal readonly record struct IdRange(long First, long Last)
{
    /// <summary>
    /// Stretches that are kept: some years of daily restarts, 16 bytes each. Beyond it the oldest is forgotten; readers who stand in it
    /// get a gap.
    /// </summary>
    public const int MaxKept = 4096;
}
