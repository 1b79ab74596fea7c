namespace SseServer.History;

/// <summary>
/// A store that several servers write. It assigns the ids, in the order in which commits become visible, so a server that reads what
/// follows its last id gets every event of every server, once and in order.
/// </summary>
/// <remarks>
/// Threads: the appender's calls <see cref="Append"/>, <see cref="Delete"/> and <see cref="IEventStore.FindPublisherId"/>; the tail's
/// <see cref="Open"/>, <see cref="ReadTail"/>, <see cref="Wait"/> and <see cref="Attach"/>; the trimmer's everything else.
/// </remarks>
internal interface ISharedStore : IEventStore
{
    /// <summary>Raised with the trimming marks that a page was read with, before the page is used. On the reader's thread.</summary>
    event Action<IReadOnlyList<SharedTrim>>? TrimsRead;

    /// <summary>How far the store's clock is ahead of this machine's, when it was last read.</summary>
    TimeSpan ClockOffset { get; }

    /// <summary>
    /// Connects, checks the version, and reads the topics. The server joins the history after the first id of the result.
    /// </summary>
    /// <exception cref="StoreException">It cannot be opened; the message says what to do.</exception>
    StoreStart Open();

    /// <summary>
    /// Connects again after the connection was lost; null if it was not.
    /// </summary>
    /// <param name="head">The last id that this server has applied. No id up to it is assigned again.</param>
    /// <returns>The ranges of ids that the history has assigned, the oldest first: see <see cref="StoreStart.Lives"/>.</returns>
    /// <exception cref="StoreException">The store is away.</exception>
    IReadOnlyList<IdRange>? Attach(long head);

    /// <summary>
    /// Appends a group of batches in one transaction, each batch as a whole or not at all, and fills in their ids and outcomes. When it
    /// returns, they are as durable as the store makes them. Also moves to the history what applications have published in the store
    /// itself.
    /// </summary>
    /// <exception cref="StoreException">
    /// The outcome may be unknown: the events may be stored. Appending them again with publisher ids is safe.
    /// </exception>
    void Append(SharedCommit commit);

    /// <summary>Deletes a topic with all its events; returns the deletion's id, or 0 if there is no such topic.</summary>
    /// <exception cref="StoreException">The outcome may be unknown. Deleting again is safe.</exception>
    long Delete(ReadOnlySpan<byte> topic);

    /// <summary>Reads what follows the page's position: everything that was committed before the call, up to a number of events.</summary>
    /// <exception cref="StoreException">The store is away.</exception>
    void ReadTail(TailPage page);

    /// <summary>Waits until something is appended, or for a time.</summary>
    /// <exception cref="StoreException">The store is away.</exception>
    void Wait(TimeSpan limit);

    /// <summary>Ends a <see cref="Wait"/>. Any thread.</summary>
    void StopWaiting();

    /// <summary>Tells the other servers what this one does, and learns of them. On a thread of its own.</summary>
    /// <exception cref="StoreException">The store is away: the tasks of this server are given up.</exception>
    ClusterView Beat(ClusterBeat beat);

    /// <summary>
    /// Gives all servers a command, this one too: see <see cref="ClusterView.Commands"/>. On the thread of <see cref="Beat"/>.
    /// </summary>
    /// <exception cref="StoreException">The store is away.</exception>
    void Command(string command);

    /// <summary>Whether this server is the one that trims: it takes the task if no other has it.</summary>
    bool TryOwnRetention();
}
