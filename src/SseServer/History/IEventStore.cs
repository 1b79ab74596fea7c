namespace SseServer.History;

/// <summary>
/// A store of events that outlives the process. Ids are given as the 64-bit integers of event ids, topics as their names in UTF-8.
/// </summary>
/// <remarks>
/// <para>
/// Threads: one thread, the writer's, calls everything but <see cref="OpenReader"/>. Any thread opens readers.
/// </para>
/// <para>
/// Order: <see cref="Open"/> first and once, <see cref="Close"/> last, then <c>Dispose</c>. Commits rise: all ids of a commit are above
/// all ids of the commits before it. Within a commit the ids of different topics interleave.
/// </para>
/// <para>
/// Errors: a <see cref="StoreException"/> is what the disk did. The store is then as it was before the call, and works again as soon as
/// the disk does. Any other exception is a bug.
/// </para>
/// <para>
/// Trimming takes three steps, so that subscribers hear of a loss before it happens: <see cref="PlanTrim"/> says what exceeds the bounds,
/// the caller announces it, and <see cref="Trim"/> deletes it. <see cref="StoreTrim"/> says what the ids of a plan mean.
/// </para>
/// </remarks>
internal interface IEventStore : IDisposable
{
    /// <summary>
    /// Opens the store, recovers what was committed, and begins a life of the history. When it returns, the disk has the store marked as
    /// not cleanly closed, and a high-water mark of at least <paramref name="leaseEnd"/> and the first id of the life.
    /// </summary>
    /// <param name="firstIdNow">The first id of this moment. The life begins with it, or above all ids ever shown.</param>
    /// <param name="leaseEnd">Ids up to this one may be shown before a commit raises the mark.</param>
    /// <exception cref="StoreException">It cannot be opened; the message says what to do.</exception>
    StoreStart Open(long firstIdNow, long leaseEnd);

    /// <summary>
    /// Writes the commit's events, their topics' totals, publisher ids, skipped ids and the high-water mark in one transaction. When it
    /// returns, all of that is on the disk.
    /// </summary>
    /// <exception cref="StoreException">
    /// None of it is stored. Only if the disk failed in the commit's own sync, it may be there after a crash that follows at once.
    /// </exception>
    void Commit(StoreCommit commit);

    /// <summary>Adds the locations of the stored events with a publisher's id, lowest event id first.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredLocation> locations);

    /// <summary>A reader of what is committed. Any number may be open; each is for one thread at a time.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    IStoredEventReader OpenReader();

    /// <summary>Throws if the store is gone: if its file is no longer at its path. <see cref="Commit"/> checks that, too.</summary>
    /// <exception cref="StoreException">It is gone; the message says what to do.</exception>
    void EnsureAvailable();

    /// <summary>
    /// Plans what of a topic exceeds its bounds, oldest events first. The plan is rounded to what the store deletes as a whole, so that at
    /// least as much is kept as the bounds allow. It covers a bounded number of events; the next plan then covers more.
    /// </summary>
    /// <exception cref="StoreException">The topic cannot be read.</exception>
    StoreTrim PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds);

    /// <summary>
    /// Takes one step of a trim, of bounded size and in a transaction of its own. To be called until it returns false; a trim that was cut
    /// short begins again. Superseded events that an earlier trim kept may be deleted in the same step or in a later trim.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="plan">What to delete.</param>
    /// <param name="onLoss">
    /// Called with an id before events up to it are deleted that the plan would have kept, but that cannot be read.
    /// </param>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="StoreException">Nothing was deleted in this step.</exception>
    bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, Action<long>? onLoss = null);

    /// <summary>Whether events of a topic are stored.</summary>
    bool HasEvents(ReadOnlySpan<byte> topic);

    /// <summary>
    /// Removes a topic without events, and the note of its end. Its <see cref="StoredTopic.LostThrough"/> goes into
    /// <see cref="StoreStart.Floor"/>. Does nothing if there is no such topic.
    /// </summary>
    /// <exception cref="StoreException">Nothing was removed.</exception>
    void RemoveTopic(ReadOnlySpan<byte> topic);

    /// <summary>
    /// Deletes a topic's events, keys and publisher ids in one transaction, and notes its deletion. When it returns, that is on the disk
    /// and the bytes are overwritten, in the store's free pages too. Does nothing but raise the mark if there is no such topic.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="id">The deletion's id, above the topic's last event; it becomes <see cref="StoredTopic.DeletedId"/>.</param>
    /// <param name="highWater">Ids up to this one may be shown before the next commit.</param>
    /// <returns>Whether no trace is left in the store's log either; if not, <see cref="TryEraseLog"/> tries again.</returns>
    /// <exception cref="StoreException">Nothing was deleted.</exception>
    bool DeleteTopic(ReadOnlySpan<byte> topic, long id, long highWater);

    /// <summary>Empties the store's log, which may still hold deleted bytes; false if readers use it.</summary>
    /// <exception cref="StoreException">The disk failed.</exception>
    bool TryEraseLog();

    /// <summary>Takes one step of maintenance between commits, of bounded time.</summary>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="StoreException">The step failed. It can wait.</exception>
    bool Maintain();

    /// <summary>Marks the store as cleanly closed, with the last id that was shown as its high-water mark.</summary>
    /// <exception cref="StoreException">It stays marked as not cleanly closed.</exception>
    void Close(long lastId);
}
