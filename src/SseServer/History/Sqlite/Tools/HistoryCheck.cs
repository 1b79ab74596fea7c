namespace SseServer.History.Sqlite.Tools;

/// <summary>
/// Reads a whole history and tells what in it cannot be: SQLite's own check of its pages, then each block's checksum, its place, its publisher ids, and the totals kept
/// beside it. One look at one moment; while it goes on, a running server's write-ahead log grows.
/// </summary>
internal sealed class HistoryCheck
{
    // A file with more than this is damaged beyond what a list helps with.
    private const int MaxProblems = 100;

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _publisherId;
    private readonly StoredBlock _block = new();
    private readonly Dictionary<long, TopicTotals> _totals = [];
    private readonly List<string> _problems = [];
    private long _stretchId;
    private long _stretchEnd;
    private long _previousEnd;

    private HistoryCheck(SqliteDatabase database)
    {
        _database = database;
        _publisherId = database.Prepare("SELECT topic_id FROM publisher_ids WHERE publisher_id = ?1 AND id = ?2");
    }

    /// <summary>Events that were read.</summary>
    public long Events { get; private set; }

    public IReadOnlyList<string> Problems => _problems;

    private long PublisherIds { get; set; }

    /// <exception cref="StoreException">The file cannot be read at all.</exception>
    public static HistoryCheck Run(string path)
    {
        using var database = HistoryFile.Open(path);
        database.Execute("BEGIN");
        var check = new HistoryCheck(database);
        check.CheckPages();
        // Rows of a file whose pages are damaged tell nothing.
        if (check.Problems.Count > 0) return check;
        check.CheckBlocks();
        check.CheckTopics();
        check.CheckStore();
        return check;
    }

    private void Report(string problem)
    {
        if (_problems.Count < MaxProblems) _problems.Add(problem);
    }

    private void CheckPages()
    {
        var rows = _database.Prepare($"PRAGMA integrity_check({MaxProblems})");
        while (rows.Step())
            if (rows.Text(0) is var text and not "ok") Report($"SQLite says: {text}");
    }

    private void CheckBlocks()
    {
        var rows = _database.Prepare("SELECT first_id, stretch_id, topic_id, last_id, count, bytes, publisher_ids, data FROM blocks ORDER BY first_id");
        while (rows.Step())
        {
            var (firstId, topicId) = (rows.Number(0), rows.Number(2));
            CheckPlace(firstId, rows.Number(1), rows.Number(3));
            var totals = _totals.GetValueOrDefault(topicId);
            if (firstId <= totals.LastId) Report($"The block that begins with event {StoredId.Text(firstId)} overlaps another of its topic.");
            if (totals.Count == 0) totals.FirstId = firstId;
            totals.LastId = rows.Number(3);
            totals.Count += rows.Number(4);
            totals.Bytes += rows.Number(5);
            _totals[topicId] = totals;
            PublisherIds += rows.Number(6);
            if (!_block.TryLoad(topicId, firstId, rows.Blob(7)))
                Report($"The block of events {StoredId.Text(firstId)} to {StoredId.Text(rows.Number(3))} fails its checksum: {rows.Number(4)} events cannot be read.");
            else
                CheckEntries(firstId, rows.Number(3), rows.Number(4), rows.Number(5), rows.Number(6));
        }
    }

    private void CheckPlace(long firstId, long stretchId, long lastId)
    {
        if (stretchId != _stretchId)
        {
            (_stretchId, _previousEnd) = (stretchId, Math.Max(_previousEnd, _stretchEnd));
            _stretchEnd = 0;
        }

        if (firstId < stretchId || firstId <= _previousEnd || lastId < firstId) Report($"The block that begins with event {StoredId.Text(firstId)} is out of place.");
        _stretchEnd = Math.Max(_stretchEnd, lastId);
    }

    private void CheckEntries(long firstId, long lastId, long count, long bytes, long publisherIds)
    {
        var (id, entries, length, ids) = (firstId - 1, 0L, 0L, 0L);
        var isRising = true;
        while (_block.MoveNext())
        {
            isRising &= _block.Id > id;
            id = _block.Id;
            entries++;
            length += _block.Frame.Length;
            if (_block.PublisherIdLength == 0) continue;
            ids++;
            if (!IsKnown(_block.PublisherId, id)) Report($"The publisher's id of event {StoredId.Text(id)} is missing, so a repeat would not be known.");
        }

        Events += entries;
        if (!isRising || id != lastId || entries != count || length != bytes || ids != publisherIds)
            Report($"The block that begins with event {StoredId.Text(firstId)} holds other events than its row says.");
    }

    private bool IsKnown(ReadOnlySpan<byte> publisherId, long id)
    {
        _publisherId.Bind(1, publisherId).Bind(2, id);
        var isKnown = _publisherId.Step() && _publisherId.Number(0) == _block.TopicId;
        _publisherId.Reset();
        return isKnown;
    }

    private void CheckTopics()
    {
        var rows = _database.Prepare("SELECT topic_id, name, first_id, last_id, count, bytes FROM topics");
        while (rows.Step())
        {
            _totals.Remove(rows.Number(0), out var totals);
            var isRight = totals.FirstId == rows.Number(2) && totals.Count == rows.Number(4) && totals.Bytes == rows.Number(5)
                && (totals.Count == 0 || totals.LastId == rows.Number(3));
            if (!isRight) Report($"The totals of topic {System.Text.Encoding.UTF8.GetString(rows.Blob(1))} are not those of its blocks.");
        }

        if (_totals.Count > 0) Report($"Blocks of {_totals.Count} topics belong to no topic.");
    }

    private void CheckStore()
    {
        var known = _database.QueryNumber("SELECT count(*) FROM publisher_ids");
        if (known != PublisherIds) Report($"{known} publishers' ids are kept for {PublisherIds} events that have one.");
        var lastId = _database.QueryNumber("SELECT last_id FROM store");
        if (lastId < Math.Max(_previousEnd, _stretchEnd) || _database.QueryNumber("SELECT high_water FROM store") < lastId)
            Report("The store's last id and high-water mark are below ids that it holds; a server would use ids again.");
    }
}
