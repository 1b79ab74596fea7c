namespace SseServer.History;

/// <summary>Reads stored events page by page. Holds nothing between two pages, so that a slow reader keeps nothing from being deleted.</summary>
internal interface IStoredEventReader : IDisposable
{
    /// <summary>
    /// Fills the page with the selection's events after <paramref name="after"/> up to and including <paramref name="through"/>, in id
    /// order, whole frames up to the page's capacity, and at least one where there is one. <see cref="StoredPage.IsEnd"/> tells whether
    /// nothing of the selection is left up to <paramref name="through"/>. Where the selection is <see cref="StoredSelection.LatestOnly"/>, an event counts that is the
    /// newest of its key in the whole store, not up to <paramref name="through"/>.
    /// Events whose bytes are damaged are left out and named in <see cref="StoredPage.Damage"/>; a page that begins among them names them
    /// again.
    /// </summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    void Read(StoredSelection selection, long after, long through, StoredPage page);
}
