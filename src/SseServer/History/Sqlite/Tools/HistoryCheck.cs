using System.Text;

namespace SseServer.History.Sqlite.Tools;

/// <summary>
/// Reads a whole history and reports what is wrong with it: SQLite's own check of its pages, then each block's checksum, place, publisher
/// ids and keys, and the totals. It sees one moment; while it runs, the write-ahead log of a running server grows.
/// </summary>
internal sealed class HistoryCheck
{
    private readonly SqliteDatabase _database;
    private readonly CheckFindings _findings = new();
    private readonly Dictionary<long, (byte[] Name, TopicTotals Totals)> _topics = [];
    private readonly BlockCheck _blocks;

    private HistoryCheck(SqliteDatabase database)
    {
        _database = database;
        _blocks = new BlockCheck(database, _topics, _findings);
    }

    /// <summary>The number of events that were read.</summary>
    public long Events => _blocks.Events;

    /// <summary>
    /// A sentence for each thing that is wrong beyond single blocks. A server that checks its file at the start refuses it because of one.
    /// </summary>
    public IReadOnlyList<string> Problems => _findings.Problems;

    /// <summary>The blocks that cannot be read. A server announces a gap in their place.</summary>
    public IReadOnlyList<DamagedBlock> Damage => _findings.Damage;

    /// <exception cref="StoreException">The file cannot be read at all.</exception>
    public static HistoryCheck Run(string path)
    {
        var isReadOnly = HistoryFile.HasUnknownWriteVersion(path);
        using var database = HistoryFile.Open(path);
        database.Execute("BEGIN");
        var check = Run(database);
        if (isReadOnly) check._findings.Add("The file's header marks it as read-only: a server could not write it.");
        return check;
    }

    /// <summary>Checks what a connection reads, within the caller's transaction.</summary>
    /// <exception cref="StoreException">It cannot be read at all.</exception>
    public static HistoryCheck Run(SqliteDatabase database)
    {
        var check = new HistoryCheck(database);
        check.CheckPages();
        // The rows of a file with damaged pages say nothing.
        if (check.Problems.Count > 0) return check;
        check.ReadTopics();
        check.CheckStore();
        check._blocks.Run();
        check.CheckTopics();
        // Damaged blocks hide publisher ids and keys.
        if (check.Damage.Count == 0) check._blocks.CompareTables();
        return check;
    }

    private void CheckPages()
    {
        var rows = _database.Prepare($"PRAGMA integrity_check({CheckFindings.MaxProblems})");
        while (rows.Step())
        {
            // A row has several lines, the first of which names the database.
            foreach (var line in rows.Text(0).Split('\n'))
                if (line is not ("ok" or "" or "*** in database main ***")) _findings.Add($"SQLite reports: {line}");
        }
    }

    private void ReadTopics()
    {
        var rows = _database.Prepare($"SELECT topic_id, name, {TopicTotals.Columns} FROM topics");
        while (rows.Step())
        {
            var name = rows.Blob(1).ToArray();
            if (!TopicTotals.TryRead(rows, 2, name, out var totals))
                _findings.Add($"The row of topic {Encoding.UTF8.GetString(name)} fails its checksum.");
            _topics.Add(rows.Number(0), (name, totals));
        }
    }

    private void CheckStore()
    {
        var rows = _database.Prepare($"SELECT {StoreRow.Columns} FROM store");
        if (!rows.Step())
        {
            _findings.Add("The table store is empty.");
            return;
        }

        if (!StoreRow.TryRead(rows, out var store)) _findings.Add("The row of the store fails its checksum.");
        rows.Reset();
        var lastBlock = _database.QueryNumber("SELECT max(last_id) FROM blocks");
        if (store.LastId < lastBlock || store.HighWater < store.LastId)
            _findings.Add("The store's last id and high-water mark are below the ids of its events; a server would assign ids twice.");
        try
        {
            new LifeTable(_database).Read();
        }
        catch (StoreException)
        {
            _findings.Add("A row of the history's lives fails its checksum.");
        }
    }

    private void CheckTopics()
    {
        foreach (var (topicId, (name, topic)) in _topics)
        {
            _blocks.Totals.Remove(topicId, out var totals);
            // A damaged block hides which of its events are the newest of their keys, and whether one is final.
            var isWhole = !Damage.Any(block => block.Topic == name);
            var isRight = totals.FirstId == topic.FirstId && totals.Count == topic.Count && totals.Bytes == topic.Bytes
                && totals.Kept == topic.Kept && (totals.Stale == topic.Stale || !isWhole)
                && (totals.Count == 0 || totals.LastId == topic.LastId);
            if (!isRight) _findings.Add($"The totals of topic {Encoding.UTF8.GetString(name)} do not match its blocks.");
            // The totals still have the end of a topic when its final event has been trimmed.
            var isEndRight = totals.EndId == topic.EndId || topic.IsDeleted || (totals.EndId == 0 && topic.EndId <= topic.TrimmedThrough);
            if (!isEndRight && isWhole) _findings.Add($"The end of topic {Encoding.UTF8.GetString(name)} does not match its final event.");
        }

        if (_blocks.Totals.Count > 0) _findings.Add($"There are blocks of {_blocks.Totals.Count} topics that do not exist.");
    }
}
