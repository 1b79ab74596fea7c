namespace SseServer.History;

/// <summary>
/// A store that one server alone writes, and whose ids that server assigns. One thread, the writer's, calls everything but
/// <see cref="IEventStore.OpenReader"/>. Order: <see cref="Open"/> first and once, <see cref="Close"/> last, then <c>Dispose</c>.
/// </summary>
internal interface IOwnedStore : IEventStore
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

    /// <summary>Marks the store as cleanly closed, with the last id that was shown as its high-water mark.</summary>
    /// <exception cref="StoreException">It stays marked as not cleanly closed.</exception>
    void Close(long lastId);
}
