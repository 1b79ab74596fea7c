using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;

namespace SseServer.Delivery;

/// <summary>
/// Reads the store for subscriptions whose next events are not in memory: a few threads, each with a reader of its own, and a fixed
/// number of pages, however many replays run. A replay gets one page a turn. Any thread.
/// </summary>
internal sealed class StoreReaderPool : IDisposable
{
    // One reads from the disk while the other copies; more would take cores from the shards.
    public const int Workers = 2;

    // Each worker fills one page while earlier ones are sent. Half a megabyte in all.
    public const int Pages = 4 * Workers;

    private readonly BlockingCollection<StoreReplay> _asked = [];
    private readonly BlockingCollection<StoredPage> _pages = [];
    private readonly Thread[] _threads = new Thread[Workers];
    private readonly IEventStore _store;
    private readonly TopicCatalog _catalog;
    private readonly HistoryDamage _damage;
    private readonly Faults _faults;
    private readonly ILogger _logger;

    /// <param name="catalog">The logs whose events are read.</param>
    /// <param name="store">Open.</param>
    /// <param name="damage">Records what cannot be read.</param>
    /// <param name="faults">Takes our own bugs.</param>
    /// <param name="logger">Logs failed reads.</param>
    public StoreReaderPool(TopicCatalog catalog, IEventStore store, HistoryDamage damage, Faults faults, ILogger logger)
    {
        (_catalog, _store, _damage, _faults, _logger) = (catalog, store, damage, faults, logger);
        for (var i = 0; i < Pages; i++) _pages.Add(new StoredPage());
        for (var i = 0; i < Workers; i++) _threads[i] = new Thread(Run) { IsBackground = true, Name = $"replay {i}" };
    }

    public void Start()
    {
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Queues a replay that wants a page.</summary>
    public void Queue(StoreReplay replay) => _asked.Add(replay);

    /// <summary>Returns a page that was sent or is not wanted.</summary>
    public void Return(StoredPage page)
    {
        // If the page grew for one large frame, this frees that memory.
        page.Clear();
        _pages.Add(page);
    }

    /// <summary>Ends the threads. After the shards have ended.</summary>
    public void Dispose()
    {
        _asked.CompleteAdding();
        // A worker may be waiting for a page that will not be returned.
        foreach (var _ in _threads) _pages.Add(new StoredPage(0));
        foreach (var thread in _threads)
            if (thread.IsAlive) thread.Join();
        _asked.Dispose();
    }

    private void Run()
    {
        IStoredEventReader? reader = null;
        foreach (var replay in _asked.GetConsumingEnumerable())
        {
            if (!replay.IsAsked || _asked.IsAddingCompleted) continue;
            var page = _pages.Take();
            if (!TryRead(ref reader, replay, page))
            {
                Return(page);
                replay.TryDeliver(null);
            }
            else if (!replay.TryDeliver(page))
            {
                Return(page);
            }
        }

        reader?.Dispose();
    }

    private bool TryRead(ref IStoredEventReader? reader, StoreReplay replay, StoredPage page)
    {
        try
        {
            reader ??= _store.OpenReader();
            replay.MarkBefore(_catalog);
            reader.Read(replay.Selection, replay.After.Value, replay.Through.Value, page);
            replay.MarkAfter();
            foreach (var block in page.Damage) _damage.Add(block);
            return true;
        }
        catch (StoreException e)
        {
            StoreLog.ReadFailed(_logger, e.Message);
            if (e.Failure == StoreFailure.Corrupt) _damage.AddUnreadable();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _faults.Report(e);
        }

        // The next read begins with a reader that has not failed.
        reader?.Dispose();
        reader = null;
        return false;
    }
}
