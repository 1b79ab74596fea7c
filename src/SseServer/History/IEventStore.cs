namespace SseServer.History;

/// <summary>
/// A store of events that outlives the process. Ids are given as the 64-bit integers of event ids, topics as their names in UTF-8. It is
/// written either by one server alone (<see cref="IOwnedStore"/>) or by several that share it (<see cref="ISharedStore"/>).
/// </summary>
/// <remarks>
/// <para>
/// Threads: one thread at a time trims, and one writes; any thread opens readers.
/// </para>
/// <para>
/// Errors: a <see cref="StoreException"/> is what the disk or the database did. The store is then as it was before the call, and works
/// again as soon as the disk does. Any other exception is a bug.
/// </para>
/// <para>
/// Trimming takes three steps, so that subscribers hear of a loss before it happens: <see cref="PlanTrim"/> says what exceeds the bounds,
/// the caller announces it, and <see cref="Trim"/> deletes it. <see cref="StoreTrim"/> says what the ids of a plan mean.
/// </para>
/// </remarks>
internal interface IEventStore : IDisposable
{
    /// <summary>
    /// Writes events with the ids that they have, their topics' totals, publisher ids and ends in one transaction. When it returns, all of
    /// that is on the disk. Commits rise: all ids of a commit are above all ids of the commits before it. Within a commit the ids of
    /// different topics interleave.
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

    /// <summary>Throws if the store is gone: if its file is no longer at its path, or its database does not answer.</summary>
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
    /// <exception cref="StoreException">The topic cannot be read.</exception>
    bool HasEvents(ReadOnlySpan<byte> topic);

    /// <summary>
    /// Removes a topic without events, and the note of its end. Its <see cref="StoredTopic.LostThrough"/> goes into
    /// <see cref="StoreStart.Floor"/>. Does nothing if there is no such topic.
    /// </summary>
    /// <exception cref="StoreException">Nothing was removed.</exception>
    void RemoveTopic(ReadOnlySpan<byte> topic);

    /// <summary>Takes one step of maintenance between commits, of bounded time.</summary>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="StoreException">The step failed. It can wait.</exception>
    bool Maintain();
}
