using SseServer.Protocol.Topics;

namespace SseServer.History;

/// <summary>Reads stored events page by page. It holds nothing between two pages, so a slow subscriber never delays trimming.</summary>
/// <remarks>For one thread at a time; see <see cref="IEventStore.OpenReader"/>.</remarks>
internal interface IStoredEventReader : IDisposable
{
    /// <summary>
    /// Fills the page with the selection's events after <paramref name="after"/> up to and including <paramref name="through"/>, in id
    /// order: whole frames up to the page's capacity, and at least one if there is one. All that was committed before the call is seen.
    /// <see cref="StoredPage.IsEnd"/> says whether the selection has nothing more up to <paramref name="through"/>.
    /// Events whose bytes are damaged are left out and named in <see cref="StoredPage.Damage"/>; a page that begins among them names them
    /// again.
    /// </summary>
    /// <exception cref="StoreException">The events cannot be read. A reader is disposed after that, and another one opened.</exception>
    void Read(StoredSelection selection, long after, long through, StoredPage page);
}

/// <summary>
/// What a reader selects: topics by name, and topics that match a pattern. An event that is selected more than once is read once.
/// </summary>
internal sealed record StoredSelection(IReadOnlyList<byte[]> Topics, IReadOnlyList<TopicPattern> Patterns)
{
    /// <summary>
    /// Only the newest event of each key, and the final events of topics. The newest in the whole store, not the newest within the range
    /// that is read.
    /// </summary>
    public bool LatestOnly { get; init; }

    /// <summary>The page's entries get the names of their topics.</summary>
    public bool NeedsNames { get; init; }
}
