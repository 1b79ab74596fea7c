using SseServer.Catalog;
using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Delivery;

/// <summary>
/// A subscription's replay: it reads the store, one page at a time. The shard asks for a page, a worker reads it, the shard sends it and
/// returns it at once. Each hands over by one exchange of the state, so no page is lost if the subscription ends meanwhile.
/// </summary>
internal sealed class StoreReplay
{
    private readonly Action _deliver;
    private readonly StoredSelection _all;
    private readonly StoredSelection _latest;
    private readonly EventLog[] _logs;
    private readonly ReplayMark[] _marks;
    private StoredPage? _page;
    private int _state;

    /// <param name="cursors">The subscription's cursors: their logs are read.</param>
    /// <param name="needsNames">The pages' events are to have the names of their topics.</param>
    /// <param name="deliver">Signals the subscription that a page is ready.</param>
    public StoreReplay(Cursor[] cursors, bool needsNames, Action deliver)
    {
        _deliver = deliver;
        _logs = Array.ConvertAll(cursors, cursor => cursor.Log);
        _marks = new ReplayMark[_logs.Length];
        _all = SelectionOf(_logs) with { NeedsNames = needsNames };
        _latest = _all with { LatestOnly = true };
        Selection = _all;
    }

    /// <summary>The stored events of some logs.</summary>
    public static StoredSelection SelectionOf(IReadOnlyList<EventLog> logs)
    {
        var topics = new List<byte[]>();
        var patterns = new List<TopicPattern>();
        foreach (var log in logs)
        {
            if (log is PatternLog pattern) patterns.Add(pattern.Pattern);
            else topics.Add(log.Name);
        }

        return new(topics, patterns);
    }

    private enum State
    {
        /// <summary>No page is asked for. Belongs to the shard.</summary>
        Idle,

        /// <summary>A page is asked for or being read. Belongs to a worker.</summary>
        Asked,

        /// <summary>A page is ready, or could not be read. Belongs to the shard, which was signalled.</summary>
        Ready,

        /// <summary>The subscription has ended.</summary>
        Abandoned,
    }

    /// <summary>The selection that the page is read for.</summary>
    public StoredSelection Selection { get; private set; }

    /// <summary>The page holds what follows this id.</summary>
    public EventId After { get; private set; }

    /// <summary>The page holds nothing after this id: from there on memory has everything.</summary>
    public EventId Through { get; private set; }

    /// <summary>Which damaged events were announced to the subscriber. Belongs to the shard.</summary>
    public AnnouncedDamage Damage { get; } = new();

    /// <summary>The store could not be read.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>The evictions of each log before and after the page was read, in the order of the cursors.</summary>
    public ReadOnlySpan<ReplayMark> Marks => _marks;

    /// <summary>Whether a page is asked for and still wanted.</summary>
    public bool IsAsked => Volatile.Read(ref _state) == (int)State.Asked;

    /// <summary>Asks for the next page. On the shard, with none asked for or ready.</summary>
    public void Ask(EventId after, EventId through, bool latestOnly, StoreReaderPool readers)
    {
        (After, Through, Selection) = (after, through, latestOnly ? _latest : _all);
        Volatile.Write(ref _state, (int)State.Asked);
        readers.Queue(this);
    }

    /// <summary>Records what is evicted before the page is read. On the worker.</summary>
    public void MarkBefore(TopicCatalog catalog)
    {
        using (catalog.Lock.Enter())
        {
            for (var i = 0; i < _logs.Length; i++)
                _marks[i] = new(catalog.StoreRemovals.Concerns(_logs[i]) ? 0 : _logs[i].Evictions, 0, default);
        }
    }

    /// <summary>Records what is evicted once the page was read. On the worker.</summary>
    public void MarkAfter()
    {
        for (var i = 0; i < _marks.Length; i++) _marks[i] = _marks[i].After(_logs[i]);
    }

    /// <summary>Hands over a page, or null if it could not be read; false if it is no longer wanted. On the worker.</summary>
    public bool TryDeliver(StoredPage? page)
    {
        _page = page;
        HasFailed = page is null;
        if (Interlocked.CompareExchange(ref _state, (int)State.Ready, (int)State.Asked) != (int)State.Asked) return false;
        _deliver();
        return true;
    }

    /// <summary>Takes the page that is ready; null if none is. On the shard.</summary>
    public StoredPage? Take()
    {
        if (Volatile.Read(ref _state) != (int)State.Ready) return null;
        var page = _page;
        _page = null;
        Volatile.Write(ref _state, (int)State.Idle);
        return page;
    }

    /// <summary>Ends the replay; returns the page that was ready, if any. On the shard.</summary>
    public StoredPage? Abandon()
    {
        if (Interlocked.Exchange(ref _state, (int)State.Abandoned) != (int)State.Ready) return null;
        var page = _page;
        _page = null;
        return page;
    }
}

/// <summary>
/// The evictions of one log before and after a page was read from the store. An eviction is recorded before the store deletes the events,
/// which takes several steps, and a page may be read between two of them. So there are two answers: which evictions this page may lack
/// events of, and which ones no later page will lack more of.
/// </summary>
/// <param name="SettledEvictions">The number of evictions whose events the store had deleted before the page was read: a later page lacks
/// no more of them than this one. 0 if events were being deleted at that moment.
/// </param>
/// <param name="Evictions">The number of evictions after the page was read: it lacks only events of these.</param>
/// <param name="EvictedThrough">How far the latter reached.</param>
internal readonly record struct ReplayMark(long SettledEvictions, long Evictions, EventId EvictedThrough)
{
    /// <summary>Records the evictions so far. On the worker, after the page was read.</summary>
    public ReplayMark After(EventLog log)
    {
        // In this order: no eviction that is counted reaches further than the mark that is read second.
        var evictions = log.Evictions;
        return this with { Evictions = evictions, EvictedThrough = log.EvictedThrough };
    }
}

/// <summary>
/// The damaged blocks that were announced to a subscription, so that each is announced once even if several pages begin within it. Belongs
/// to the shard.
/// </summary>
internal sealed class AnnouncedDamage
{
    private readonly List<DamagedBlock> _blocks = [];

    /// <summary>
    /// Adds a block that is about to be announced; false if it was announced before. Blocks that end at or below the position are
    /// forgotten, because no page begins within them any more.
    /// </summary>
    public bool TryAdd(in DamagedBlock block, EventId position)
    {
        _blocks.RemoveAll(known => known.LastId <= position.Value);
        foreach (var known in _blocks)
            if (known.FirstId == block.FirstId) return false;
        _blocks.Add(block);
        return true;
    }
}
