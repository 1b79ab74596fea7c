using Microsoft.Data.Sqlite;

namespace SseServer.History.Sqlite;

/// <summary>
/// Reads pages. Blocks are loaded in the order of their first ids, each as soon as its first event is the next one, and their events are
/// merged. So about a stretch is in memory at a time, however many topics are selected. Each page is a transaction of its own, so that
/// readers do not hold up checkpoints for long.
/// </summary>
internal sealed class SqliteEventReader : IStoredEventReader
{
    // Up to this many topics, a look-up for each costs less than a scan that skips the rows of others.
    private const int MaxTopicsLookedUp = 64;

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _begin;
    private readonly TopicNames _names;
    private readonly TopicBlocks _byTopic;
    private readonly ScannedBlocks _byScan;
    private readonly LatestEvents _latest;
    private readonly PriorityQueue<BlockReader, long> _open = new();
    private readonly Stack<BlockReader> _free = [];

    public SqliteEventReader(string path)
        : this(SqliteDatabase.Open(path, SqliteOpenMode.ReadWrite))
    {
    }

    public SqliteEventReader(SqliteDatabase database)
    {
        _database = database;
        _database.Execute("PRAGMA query_only = ON; PRAGMA cache_size = -2048");
        _begin = database.Prepare("BEGIN");
        _names = new TopicNames(database);
        var blocks = new BlockLoader(database, _names);
        _byTopic = new TopicBlocks(database, blocks);
        _byScan = new ScannedBlocks(database, _names, blocks);
        _latest = new LatestEvents(database, blocks);
    }

    public void Read(StoredSelection selection, long after, long through, StoredPage page)
    {
        page.Clear();
        _begin.Run();
        try
        {
            Fill(page, selection, after, through);
            if (selection.NeedsNames) AddNames(page);
        }
        finally
        {
            ReleaseBlocks();
            _byScan.Stop();
            _database.RollBack();
        }
    }

    /// <summary>The name of the topic of a page's entry.</summary>
    public ReadOnlySpan<byte> NameOf(long topic) => _names.Find(topic);

    public void Dispose() => _database.Dispose();

    private void Fill(StoredPage page, StoredSelection selection, long after, long through)
    {
        var topics = _names.Select(selection);
        if (selection.LatestOnly)
        {
            _latest.Read(topics, after, through, page);
            return;
        }

        if (selection.Patterns.Count > 0 || selection.Topics.Count > MaxTopicsLookedUp)
        {
            _byScan.Start(topics, after, through);
            Merge(_byScan, after, through, page);
            // If the rows of others were too many to skip, the selected topics are looked up after all.
            if (page.Count > 0 || page.IsEnd) return;
            ReleaseBlocks();
            page.Damage.Clear();
        }

        _byTopic.Start(topics, after, through);
        Merge(_byTopic, after, through, page);
    }

    private void Merge(IBlockSource source, long after, long through, StoredPage page)
    {
        while (true)
        {
            while (source.FirstId is var first && first != long.MaxValue && (!_open.TryPeek(out _, out var least) || first < least))
            {
                if (!source.HasBlock || !Load(source, after, page)) return;
            }

            if (!_open.TryDequeue(out var block, out _))
            {
                page.IsEnd = true;
                return;
            }

            var limit = Math.Min(_open.TryPeek(out _, out var next) ? next : long.MaxValue, source.FirstId);
            if (!AddEvents(block, limit, through, page)) return;
        }
    }

    private void AddNames(StoredPage page)
    {
        foreach (ref var entry in page.Entries.AsSpan(0, page.Count)) entry.TopicName = _names.Find(entry.Topic);
    }

    private void ReleaseBlocks()
    {
        while (_open.TryDequeue(out var block, out _)) _free.Push(block);
    }

    /// <summary>Loads the next block; false if it is damaged and the page must end before it.</summary>
    private bool Load(IBlockSource source, long after, StoredPage page)
    {
        var block = _free.Count > 0 ? _free.Pop() : new BlockReader();
        if (!source.TryTake(block, out var damage))
        {
            _free.Push(block);
            return damage.LastId <= after || page.TryAdd(damage);
        }

        if (block.MoveAfter(after)) _open.Enqueue(block, block.Id);
        else _free.Push(block);
        return true;
    }

    /// <summary>Adds a block's events below the limit to the page; false if the page is full.</summary>
    private bool AddEvents(BlockReader block, long limit, long through, StoredPage page)
    {
        while (block.Id <= through)
        {
            if (block.Id >= limit)
            {
                _open.Enqueue(block, block.Id);
                return true;
            }

            if (!block.TryAddTo(page))
            {
                _free.Push(block);
                return false;
            }

            if (!block.MoveNext()) break;
        }

        _free.Push(block);
        return true;
    }
}
