namespace SseServer.History;

/// <summary>The retention of a topic in the store. What exceeds any of the bounds is trimmed.</summary>
/// <param name="MaxEvents">At least this many events are kept, and few more.</param>
/// <param name="MaxBytes">Bytes of frames, at least 1. The newest events are kept whatever their size.</param>
/// <param name="FirstId">Events below this id are too old.</param>
/// <param name="MaxKeys">
/// Keys whose newest event is kept beyond <paramref name="MaxEvents"/> and <paramref name="MaxBytes"/>, but not beyond
/// <paramref name="FirstId"/>.
/// </param>
/// <param name="LastId">Events after this id are kept, whatever the other bounds say.</param>
internal readonly record struct StoreBounds(
    long MaxEvents, long MaxBytes, long FirstId, long MaxKeys = long.MaxValue, long LastId = long.MaxValue);

/// <summary>
/// A plan to trim a topic. Its three ids answer three questions of a reader that has the topic's events up to some id; each is at or
/// below <paramref name="Through"/>, and each is 0 if there is no such event.
/// <para>
/// Does the reader get every event of the topic? Yes, if it has those up to <see cref="StoredTopic.TrimmedThrough"/>, which trimming
/// raises to <paramref name="Through"/>. Does it lose anything, so that it must get a gap? Yes, if it lacks an event up to
/// <see cref="StoredTopic.LostThrough"/>, which trimming raises to <paramref name="LostThrough"/>. The two differ because the deletion of
/// an event that a newer one of its key has superseded is no loss.
/// </para>
/// </summary>
/// <param name="Through">
/// Compaction: of the events through this id, only the newest of each key stays. 0 if there is nothing to trim.
/// </param>
/// <param name="LostThrough">The last event deleted that no newer event of its key has superseded.</param>
/// <param name="KeysThrough">Keys without an event after this id are deleted, too, with their newest event: there are too many.</param>
internal readonly record struct StoreTrim(long Through, long LostThrough, long KeysThrough = 0);
