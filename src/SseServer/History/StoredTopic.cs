namespace SseServer.History;

/// <summary>
/// A topic's totals. See <see cref="StoreTrim"/> for what trimming does to them. A store that several servers write does not count: its
/// first id, count and bytes are 0.
/// </summary>
/// <param name="Name">Its name in UTF-8.</param>
/// <param name="FirstId">The oldest stored event after <see cref="TrimmedThrough"/>; 0 if there is none.</param>
/// <param name="LastId">The newest event that the topic ever had.</param>
/// <param name="Count">Stored events after <see cref="TrimmedThrough"/>: those that the bounds of retention count.</param>
/// <param name="Bytes">Bytes of their frames.</param>
/// <param name="LostThrough">
/// Every event after this id is stored, but for those that a newer one of their key has superseded; 0 if none was ever lost.
/// </param>
internal readonly record struct StoredTopic(byte[] Name, long FirstId, long LastId, long Count, long Bytes, long LostThrough)
{
    /// <summary>
    /// Every event after this id is stored, superseded ones too; at or above <see cref="LostThrough"/>.
    /// </summary>
    public long TrimmedThrough { get; init; } = LostThrough;

    /// <summary>Events up to <see cref="TrimmedThrough"/> that are kept because they are the newest of their key.</summary>
    public long Kept { get; init; }

    /// <summary>The event that the topic ended with; 0 if it has not ended.</summary>
    public long EndId { get; init; }

    /// <summary>The id of the topic's deletion, if nothing was published to it since; otherwise 0.</summary>
    public long DeletedId { get; init; }
}

/// <summary>Where an event is stored.</summary>
/// <param name="Topic">The topic's name in UTF-8.</param>
/// <param name="Id">The event's id.</param>
/// <param name="Digest">The digest of the event's content; 0 if it is not known.</param>
internal readonly record struct StoredLocation(byte[] Topic, long Id, long Digest);
