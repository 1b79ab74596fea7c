using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Delivery;

/// <summary>
/// Searches the store for the last events of a selection. The store reads forwards only, so a search reads stretches of time, from the
/// newest back, each longer than the one before, until it has counted enough; a stretch with too many events is cut in half. Any thread.
/// </summary>
/// <param name="store">Open.</param>
/// <param name="logger">Logs failed reads.</param>
internal sealed class StoredTail(IEventStore store, ILogger logger) : IDisposable
{
    /// <summary>The most pages that a search reads: 128 MB of events.</summary>
    public const int MaxPages = 2048;

    // A stretch that has the events, and more than this, is cut in half.
    private const int StretchPages = 64;

    private const long FirstStretch = 1000L << EventId.SequenceBits;
    private const int Growth = 8;

    // More would take the disk from replays.
    private readonly SemaphoreSlim _turns = new(StoreReaderPool.Workers);

    /// <summary>Finds the first of the last events up to an id.</summary>
    /// <param name="selection">Which events.</param>
    /// <param name="through">The last id.</param>
    /// <param name="count">How many events; at least 1.</param>
    /// <param name="filter">The types that count; null for all.</param>
    /// <returns>
    /// That event, or a later one if the search reached <see cref="MaxPages"/>; null if the store has fewer events or cannot be read.
    /// </returns>
    public async Task<EventId?> FindAsync(StoredSelection selection, EventId through, int count, EventFilter? filter)
    {
        await _turns.WaitAsync();
        try
        {
            return await Task.Run(() => Find(selection, through.Value, count, filter));
        }
        catch (StoreException e)
        {
            // A stream that begins with the oldest event finds out whether the store can be read again.
            StoreLog.ReadFailed(logger, e.Message);
            return null;
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>After the last search.</summary>
    public void Dispose() => _turns.Dispose();

    private EventId? Find(StoredSelection selection, long high, int count, EventFilter? filter)
    {
        using var reader = store.OpenReader();
        var page = new StoredPage();
        var last = new Queue<long>(count);
        var pages = 0;
        var low = Math.Max(0, high - FirstStretch);
        while (high > 0)
        {
            last.Clear();
            if (!TryReadStretch(low, high, count))
            {
                // What was not read yet may still have events, so the stretch is not done, but it is known where not to look.
                if (pages >= MaxPages) return new(high + 1);
                low = Math.Max(low + (high - low) / 2, last.Peek() - 1);
                continue;
            }

            if (last.Count == count) return new(last.Peek());
            count -= last.Count;
            var next = high - low > low / Growth ? 0 : low - (high - low) * Growth;
            (high, low) = (low, next);
        }

        return null;

        // Reads the events after one id up to another, and keeps the last ones that count. False if that is too much.
        bool TryReadStretch(long after, long through, int wanted)
        {
            for (var read = 1; ; read++)
            {
                reader.Read(selection, after, through, page);
                foreach (ref readonly var entry in page.Entries.AsSpan(0, page.Count))
                {
                    after = entry.Id;
                    var frame = page.Bytes.AsSpan(entry.Offset, entry.Length);
                    if (!LastEventsSearch.Counts(frame, entry.PrefixLength, entry.IsFinal, filter)) continue;
                    if (last.Count == wanted) last.Dequeue();
                    last.Enqueue(entry.Id);
                }

                if (page.IsEnd || page.Count == 0) return true;
                if (++pages >= MaxPages || (read >= StretchPages && last.Count == wanted)) return false;
            }
        }
    }
}
