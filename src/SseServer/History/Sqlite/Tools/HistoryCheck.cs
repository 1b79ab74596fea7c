using SseServer.Protocol.EventStream;

namespace SseServer.History.Sqlite.Tools;

/// <summary>
/// Reads a whole history and tells what in it cannot be: SQLite's own check of its pages, then each block's checksum, its place, its publisher ids and keys, and the totals kept
/// beside it. One look at one moment; while it goes on, a running server's write-ahead log grows.
/// </summary>
internal sealed partial class HistoryCheck
{
    // A file with more than this is damaged beyond what a list helps with.
    private const int MaxProblems = 100;

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _publisherId;
    private readonly BlockReader _block = new();
    private readonly Dictionary<long, (byte[] Name, TopicTotals Totals)> _topics = [];
    private readonly Dictionary<long, TopicTotals> _totals = [];
    private readonly List<string> _problems = [];
    private readonly List<DamagedBlock> _damage = [];
    private long _stretchId;
    private long _stretchEnd;
    private long _previousEnd;

    private HistoryCheck(SqliteDatabase database)
    {
        _database = database;
        _publisherId = database.Prepare("SELECT topic_id FROM publisher_ids WHERE publisher_id = ?1 AND id = ?2");
        _key = database.Prepare("SELECT id FROM keys WHERE topic_id = ?1 AND key = ?2");
    }

    /// <summary>Events that were read.</summary>
    public long Events { get; private set; }

    /// <summary>
    /// What cannot be relied on beyond single blocks: a server does not start with it, where it looks.
    /// </summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Blocks that cannot be read; a server says a gap in their place.</summary>
    public IReadOnlyList<DamagedBlock> Damage => _damage;

    private long PublisherIds { get; set; }

    /// <exception cref="StoreException">The file cannot be read at all.</exception>
    public static HistoryCheck Run(string path)
    {
        var isReadOnly = HistoryFile.IsOfUnknownWriteVersion(path);
        using var database = HistoryFile.Open(path);
        database.Execute("BEGIN");
        var check = Run(database);
        if (isReadOnly) check.Report("The file's header says that it may only be read: a server could not write it.");
        return check;
    }

    /// <summary>Checks what a connection reads, within the caller's transaction.</summary>
    /// <exception cref="StoreException">It cannot be read at all.</exception>
    public static HistoryCheck Run(SqliteDatabase database)
    {
        var check = new HistoryCheck(database);
        check.CheckPages();
        // Rows of a file whose pages are damaged tell nothing.
        if (check.Problems.Count > 0) return check;
        check.ReadTopics();
        check.CheckStore();
        check.CheckBlocks();
        check.CheckTopics();
        if (check._damage.Count > 0) return check;
        check.CheckKeys();
        check.CheckPublisherIds();
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
        {
            // A row has several lines, the first of which names the database.
            foreach (var line in rows.Text(0).Split('\n'))
                if (line is not ("ok" or "" or "*** in database main ***")) Report($"SQLite says: {line}");
        }
    }

    private void ReadTopics()
    {
        var rows = _database.Prepare($"SELECT topic_id, name, {TopicTotals.Columns} FROM topics");
        while (rows.Step())
        {
            var name = rows.Blob(1).ToArray();
            if (!TopicTotals.IsRight(rows, 2, name))
                Report($"The row of topic {System.Text.Encoding.UTF8.GetString(name)} fails its checksum.");
            _topics.Add(rows.Number(0), (name, TopicTotals.Read(rows, 2)));
        }
    }

    private void CheckBlocks()
    {
        var rows = _database.Prepare($"SELECT {BlockRow.Columns}, b.topic_id, b.data FROM {BlockRow.Source} ORDER BY b.first_id");
        while (rows.Step())
        {
            var (block, topicId) = (BlockRow.Read(rows), rows.Number(7));
            CheckPlace(block);
            var totals = _totals.GetValueOrDefault(topicId);
            if (block.FirstId <= totals.LastId) Report($"The block that begins with event {new EventId(block.FirstId)} overlaps another of its topic.");
            totals.LastId = block.LastId;
            PublisherIds += block.PublisherIds;
            var isKept = _topics.TryGetValue(topicId, out var topic) && block.FirstId <= topic.Totals.TrimmedThrough;
            if (isKept)
            {
                totals.Kept += block.Count;
            }
            else
            {
                if (totals.Count == 0) totals.FirstId = block.FirstId;
                totals.Count += block.Count;
                totals.Bytes += block.Bytes;
            }

            if (!_block.TryLoad(topicId, block.FirstId, rows.Blob(8)))
                _damage.Add(new(topic.Name ?? [], block.FirstId, block.LastId));
            else
                CheckEntries(block, isKept, topic.Totals, ref totals);
            _totals[topicId] = totals;
        }
    }

    private void CheckPlace(in BlockRow block)
    {
        var (firstId, lastId, stretchId) = (block.FirstId, block.LastId, block.StretchId);
        if (stretchId != _stretchId)
        {
            (_stretchId, _previousEnd) = (stretchId, Math.Max(_previousEnd, _stretchEnd));
            _stretchEnd = 0;
        }

        if (firstId < stretchId || firstId <= _previousEnd || lastId < firstId) Report($"The block that begins with event {new EventId(firstId)} is out of place.");
        _stretchEnd = Math.Max(_stretchEnd, lastId);
    }

    private void CheckEntries(in BlockRow block, bool isKept, in TopicTotals topic, ref TopicTotals totals)
    {
        var (id, entries, length, ids) = (block.FirstId - 1, 0L, 0L, 0L);
        var (lastUnkeyed, hasKeys) = (0L, false);
        var isRising = true;
        while (_block.MoveNext())
        {
            isRising &= _block.Id > id;
            id = _block.Id;
            entries++;
            length += _block.Frame.Length;
            if (_block.IsFinal) totals.EndId = id;
            if (_block.Key.IsEmpty) lastUnkeyed = id;
            else hasKeys = true;
            if (!IsNewest(topic, isKept) && isKept) totals.Stale++;
            if (_block.PublisherIdLength == 0) continue;
            ids++;
            if (!IsKnown(_block.PublisherId, id)) Report($"The publisher's id of event {new EventId(id)} is missing, so a repeat would not be known.");
        }

        Events += entries;
        if (hasKeys && !isKept) _keyedBlocks++;
        var isRight = isRising && id == block.LastId && entries == block.Count && length == block.Bytes && ids == block.PublisherIds
            && (isKept ? !block.HasKeys : block.HasKeys == hasKeys && block.LastUnkeyedId == lastUnkeyed);
        if (!isRight) Report($"The block that begins with event {new EventId(block.FirstId)} holds other events than its row says.");
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
        foreach (var (topicId, (name, topic)) in _topics)
        {
            _totals.Remove(topicId, out var totals);
            // Which events of a damaged block are the newest of their keys, or an end, nobody knows.
            var isWhole = !_damage.Exists(block => block.Topic == name);
            var isRight = totals.FirstId == topic.FirstId && totals.Count == topic.Count && totals.Bytes == topic.Bytes
                && totals.Kept == topic.Kept && (totals.Stale == topic.Stale || !isWhole)
                && (totals.Count == 0 || totals.LastId == topic.LastId);
            if (!isRight) Report($"The totals of topic {System.Text.Encoding.UTF8.GetString(name)} are not those of its blocks.");
            // An end may be known whose event was let go.
            var isEndRight = totals.EndId == topic.EndId || (totals.EndId == 0 && topic.EndId <= topic.TrimmedThrough);
            if (!isEndRight && isWhole)
                Report($"The end of topic {System.Text.Encoding.UTF8.GetString(name)} is not the event that says so.");
        }

        if (_totals.Count > 0) Report($"Blocks of {_totals.Count} topics belong to no topic.");
    }

    private void CheckPublisherIds()
    {
        var known = _database.QueryNumber("SELECT count(*) FROM publisher_ids");
        if (known != PublisherIds) Report($"{known} publishers' ids are kept for {PublisherIds} events that have one.");
    }

    private void CheckStore()
    {
        var rows = _database.Prepare($"SELECT {StoreRow.Columns} FROM store");
        if (!rows.Step())
        {
            Report("The table store is empty.");
            return;
        }

        if (!StoreRow.TryRead(rows, out var store)) Report("The row of the store fails its checksum.");
        rows.Reset();
        var lastBlock = _database.QueryNumber("SELECT max(last_id) FROM blocks");
        if (store.LastId < lastBlock || store.HighWater < store.LastId)
            Report("The store's last id and high-water mark are below ids that it holds; a server would use ids again.");
        try
        {
            new LifeTable(_database).Read();
        }
        catch (StoreException)
        {
            Report("A row of the history's lives fails its checksum.");
        }
    }
}
