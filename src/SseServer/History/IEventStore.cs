namespace SseServer.History;

/// <summary>
/// A store of events that outlives the process. Events come in commits, in rising id order: all ids of a commit are above all ids of the
/// commits before it; within a commit ids of different topics interleave. Ids cross this border as the 64-bit integer of a hub id, topics as UTF-8 names.
/// <para>One thread at a time for everything but <see cref="OpenReader"/> and the readers. What the disk does arrives as a
/// <see cref="StoreException"/>; after one the store is as it was before the call, and usable again as soon as the disk is.</para>
/// </summary>
internal interface IEventStore : IDisposable
{
    /// <summary>
    /// Opens the store, recovers what was committed, and writes the first lease: when it returns, <paramref name="leaseEnd"/> stands as the
    /// high-water mark and the store as not cleanly closed; a life has begun, and the one before it has ended. Called once, first. Ids
    /// that may have been shown before are at or below
    /// <see cref="StoreStart.HighWater"/>; where that is above <paramref name="leaseEnd"/>, it stays the mark.
    /// </summary>
    /// <param name="firstIdNow">The first id of this moment; a store that is made now begins its life with it.</param>
    /// <param name="leaseEnd">Ids up to here may be shown before a commit raises the mark.</param>
    /// <exception cref="StoreException">It cannot be opened; the message says what to mend.</exception>
    StoreStart Open(long firstIdNow, long leaseEnd);

    /// <summary>
    /// Writes the commit's events, their topics' totals, publisher ids, skipped ids and the high-water mark in one transaction, all or
    /// nothing. When it
    /// returns, they are on the disk.
    /// </summary>
    /// <exception cref="StoreException">Nothing of it is stored.</exception>
    void Commit(StoreCommit commit);

    /// <summary>Adds where a publisher's id stands among the stored events, lowest id first; adds nothing where it is not stored.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredLocation> places);

    /// <summary>
    /// What of a topic must be let go to keep to its bounds: whole blocks, oldest first, at least as much as the bounds keep
    /// is retained; of what goes, the newest event of each key stays, of the keys with the newest events. Looks at a bounded number of blocks.
    /// </summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    StoreTrim PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds);

    /// <summary>
    /// Does what <see cref="PlanTrim"/> gave for a topic, a bounded number of blocks a call, in a transaction of its own, and raises the topic's
    /// <see cref="StoredTopic.TrimmedThrough"/> and <see cref="StoredTopic.LostThrough"/> as it goes on. Called until it returns false, or again from the beginning.
    /// Readers were told before: who misses events finds them evicted. An event that is superseded after it was kept goes some time later.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="plan">What is let go.</param>
    /// <param name="losing">Called with an id before events through it are let go that the plan would have kept and that cannot be
    /// read.</param>
    /// <returns>Whether more is to do.</returns>
    /// <exception cref="StoreException">Nothing is deleted.</exception>
    bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, Action<long>? losing = null);

    /// <summary>Whether events of a topic are stored.</summary>
    bool HasEvents(ReadOnlySpan<byte> topic);

    /// <summary>Forgets a topic that has no events left, and its end; its <see cref="StoredTopic.LostThrough"/> folds into <see cref="StoreStart.Floor"/>.</summary>
    /// <exception cref="StoreException">Nothing is forgotten.</exception>
    void RemoveTopic(ReadOnlySpan<byte> topic);

    /// <summary>Looks whether the store's file is still in its place; <see cref="Commit"/> does so too.</summary>
    /// <exception cref="StoreException">It is not; the message says what to do.</exception>
    void CheckFile();

    /// <summary>A small step of housekeeping between commits, of bounded time.</summary>
    /// <returns>Whether more is to do.</returns>
    /// <exception cref="StoreException">The step was not made; it can wait.</exception>
    bool Maintain();

    /// <summary>A reader of what is committed, on a connection of its own. Any number, from any thread, each for one thread at a time.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    IStoredEventReader OpenReader();

    /// <summary>Marks the store as cleanly closed, with the last id shown as its high-water mark. Nothing is called after it but <c>Dispose</c>.</summary>
    /// <exception cref="StoreException">It stays marked as not cleanly closed.</exception>
    void Close(long lastId);
}
