namespace SseServer.History.Sqlite;

/// <summary>
/// The blocks of selected topics, found by a scan of the table in its order, which is that of ids: for selections of very many topics.
/// Rows of other topics are skipped, up to a bound.
/// </summary>
internal sealed class ScannedBlocks : IBlockSource
{
    // Some milliseconds.
    private const int MaxSkipped = 2048;

    private readonly SqliteStatement _stretch;
    private readonly SqliteStatement _rows;
    private readonly BlockLoader _data;
    private SelectedTopics _topics;
    private long _after;
    private int _skipped;

    public ScannedBlocks(SqliteDatabase database, TopicNames names, BlockLoader data)
    {
        _data = data;
        _topics = new SelectedTopics(names);
        _stretch = database.Prepare("SELECT stretch_id FROM blocks WHERE first_id <= ?1 ORDER BY first_id DESC LIMIT 1");
        _rows = database.Prepare("SELECT first_id, topic_id, last_id FROM blocks WHERE first_id BETWEEN ?1 AND ?2 ORDER BY first_id");
    }

    public long FirstId { get; private set; }

    public bool HasBlock => _skipped < MaxSkipped;

    public void Start(SelectedTopics topics, long after, long through)
    {
        (_topics, _after, _skipped) = (topics, after, 0);
        // Events after the id are in the stretch that it is in, or in later ones.
        var from = _stretch.Bind(1, after).TakeNumber();
        _rows.Bind(1, from).Bind(2, through);
        MoveNext();
    }

    public bool TryTake(BlockReader block, out DamagedBlock damage)
    {
        var isLoaded = _data.TryLoad(block, _rows.Number(1), FirstId, out damage);
        MoveNext();
        return isLoaded;
    }

    public void Stop() => _rows.Reset();

    private void MoveNext()
    {
        while (_rows.Step())
        {
            // Blocks that end before the id are in its own stretch, so there are few of them.
            if (_rows.Number(2) <= _after) continue;
            FirstId = _rows.Number(0);
            if (!HasBlock || _topics.Contains(_rows.Number(1))) return;
            _skipped++;
        }

        FirstId = long.MaxValue;
    }
}
