namespace SseServer.History.Sqlite;

/// <summary>
/// The blocks of selected topics among all, found by reading the table's rows in order: for selections of very many topics. Rows of other
/// topics are passed over, up to a bound.
/// </summary>
internal sealed class ScannedBlocks : IBlockSource
{
    // Some milliseconds.
    private const int MaxPassedOver = 2048;

    private readonly SqliteStatement _stretch;
    private readonly SqliteStatement _rows;
    private readonly BlockLoader _data;
    private SelectedTopics _topics;
    private long _after;
    private int _passedOver;

    public ScannedBlocks(SqliteDatabase database, TopicNames names)
    {
        _topics = new SelectedTopics(names);
        _stretch = database.Prepare("SELECT stretch_id FROM blocks WHERE first_id <= ?1 ORDER BY first_id DESC LIMIT 1");
        _rows = database.Prepare("SELECT first_id, topic_id, last_id FROM blocks WHERE first_id BETWEEN ?1 AND ?2 ORDER BY first_id");
        _data = new BlockLoader(database, names);
    }

    public long FirstId { get; private set; }

    public bool HasBlock => _passedOver < MaxPassedOver;

    public void Start(SelectedTopics topics, long after, long through)
    {
        (_topics, _after, _passedOver) = (topics, after, 0);
        _stretch.Bind(1, after);
        // Events after the id are in the stretch that it stands in, or in later ones.
        var from = _stretch.Step() ? _stretch.Number(0) : 0;
        _stretch.Reset();
        _rows.Bind(1, from).Bind(2, through);
        MoveNext();
    }

    public bool TryTake(BlockReader block, out DamagedBlock damage)
    {
        var isWhole = _data.TryLoad(block, _rows.Number(1), FirstId, out damage);
        MoveNext();
        return isWhole;
    }

    public void Stop() => _rows.Reset();

    private void MoveNext()
    {
        while (_rows.Step())
        {
            // What ends before the id is in the stretch it stands in, so it is bounded.
            if (_rows.Number(2) <= _after) continue;
            FirstId = _rows.Number(0);
            if (!HasBlock || _topics.Contains(_rows.Number(1))) return;
            _passedOver++;
        }

        FirstId = long.MaxValue;
    }
}
