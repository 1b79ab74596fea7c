namespace SseServer.History;

/// <summary>
/// The ids of one life of a history. A life begins with a start of the server and ends with its stop; it also ends, and the next one
/// begins, when the clock is set forward. An event with an id of the range belongs to this history, or was lost in an unclean stop.
/// </summary>
/// <param name="First">The head when the life began. No event has this id, but a subscriber may resume after it.</param>
/// <param name="Last">The last id that is known to belong to the life.</param>
internal readonly record struct IdRange(long First, long Last)
{
    /// <summary>
    /// The number of ranges that are kept, 16 bytes each: enough for some years of daily restarts. Beyond it the oldest is forgotten, and
    /// subscribers that resume within it get a gap.
    /// </summary>
    public const int MaxKept = 4096;
}

/// <summary>
/// Ids that were not assigned because the clock was set forward: those above <paramref name="Through"/> and below
/// <paramref name="From"/>.
/// </summary>
internal readonly record struct IdSkip(long Through, long From);
