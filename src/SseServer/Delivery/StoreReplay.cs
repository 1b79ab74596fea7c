using SseServer.Catalog;
using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Delivery;

/// <summary>
/// A subscription's reading of the store: what it selects, one page at a time. The shard asks for a page, a worker reads it, the shard
/// sends it and returns it at once. Each hands over by one exchange of the state, so no page is lost if the subscription ends in between.
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

    /// <param name="cursors">The subscription's: they say what is read.</param>
    /// <param name="deliver">Signals the subscription that a page is ready.</param>
    public StoreReplay(Cursor[] cursors, Action deliver)
    {
        _deliver = deliver;
        var topics = new List<byte[]>();
        var patterns = new List<TopicPattern>();
        foreach (var cursor in cursors)
        {
            if (cursor.Log is PatternLog index) patterns.Add(index.Pattern);
            else topics.Add(cursor.Log.Name);
        }

        _logs = Array.ConvertAll(cursors, cursor => cursor.Log);
        _marks = new ReplayMark[_logs.Length];
        _all = new(topics, patterns);
        _latest = _all with { LatestOnly = true };
        Selection = _all;
    }

    private enum State
    {
        /// <summary>Nothing is asked for. Belongs to the shard.</summary>
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
    public ToldDamage Damage { get; } = new();

    /// <summary>The store could not be read.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>What each of the subscription's logs had evicted around the reading of the page, in the order of its cursors.</summary>
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

    /// <summary>Hands over a page, or null if it could not be read; false if nobody wants it any more. On the worker.</summary>
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

    /// <summary>Ends the reading; returns the page that was ready. On the shard.</summary>
    public StoredPage? Abandon()
    {
        if (Interlocked.Exchange(ref _state, (int)State.Abandoned) != (int)State.Ready) return null;
        var page = _page;
        _page = null;
        return page;
    }
}
