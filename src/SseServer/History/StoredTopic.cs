namespace SseServer.History;

/// <summary>A topic's totals.</summary>
/// <param name="Name">Its name in UTF-8.</param>
/// <param name="FirstId">The oldest stored event after <see cref="TrimmedThrough"/>; 0 where there is none.</param>
/// <param name="LastId">The newest event it ever had.</param>
/// <param name="Count">Stored events after <see cref="TrimmedThrough"/>: what the bounds of retention count.</param>
/// <param name="Bytes">Bytes of their frames.</param>
/// <param name="LostThrough">Every event of the topic after this id that no newer one of its key has superseded is stored; 0 where none was ever let go.</param>
internal readonly record struct StoredTopic(byte[] Name, long FirstId, long LastId, long Count, long Bytes, long LostThrough)
{
    /// <summary>Every event of the topic after this id is stored, also those that a newer one of their key has superseded; at or above <see cref="LostThrough"/>.</summary>
    public long TrimmedThrough { get; init; } = LostThrough;

    /// <summary>Events up to <see cref="TrimmedThrough"/> that are the newest of their key, and kept for that.</summary>
    public long Kept { get; init; }

    /// <summary>The event that the topic ended with; 0 while it has not.</summary>
    public long EndId { get; init; }
}
