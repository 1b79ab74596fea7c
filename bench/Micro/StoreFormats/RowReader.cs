using SseServer.History;
using SseServer.History.Sqlite;

namespace SseServer.Bench.Micro.StoreFormats;

/// <summary>
/// Reads rows in id order, in pages with a transaction each: one topic by its key; several by a merge of one statement for each, or by a
/// scan of the table if that is in id order.
/// </summary>
internal sealed class RowReader(SqliteDatabase database, bool isClusteredByTopic, long[] topics, IReadOnlyCollection<long> all)
{
    private const string Columns = "id, topic_id, lengths, checksum, frame";

    private readonly StoredPage _page = new();
    private readonly PriorityQueue<SqliteStatement, long> _open = new();
    private long _after;

    public long ReadAll()
    {
        var isOne = topics.Length == 1;
        if (!isOne && isClusteredByTopic) return ReadPages(Merge(database, topics.Length > 0 ? topics : [.. all]));
        var rows = isOne
            ? database.Prepare($"SELECT {Columns} FROM events WHERE topic_id = {topics[0]} AND id > ?1 ORDER BY id")
            : database.Prepare($"SELECT {Columns} FROM events WHERE id > ?1 ORDER BY id");
        return ReadPages(() => ReadPage(rows));
    }

    private long ReadPages(Action read)
    {
        long count = 0;
        do
        {
            _page.Clear();
            database.Execute("BEGIN");
            read();
            database.RollBack();
            count += _page.Count;
            if (_page.Count > 0) _after = _page.Entries[_page.Count - 1].Id;
        }
        while (!_page.IsEnd);
        return count;
    }

    private void ReadPage(SqliteStatement rows)
    {
        rows.Bind(1, _after);
        while (rows.Step())
        {
            if (!TryAdd(rows))
            {
                rows.Reset();
                return;
            }
        }

        _page.IsEnd = true;
    }

    private Action Merge(SqliteDatabase owner, IReadOnlyCollection<long> merged)
    {
        var rows = merged
            .Select(id => owner.Prepare($"SELECT {Columns} FROM events WHERE topic_id = {id} AND id > ?1 ORDER BY id"))
            .ToArray();
        return () =>
        {
            foreach (var topic in rows)
                if (topic.Bind(1, _after).Step()) _open.Enqueue(topic, topic.Number(0));
            while (_open.TryDequeue(out var topic, out _))
            {
                if (!TryAdd(topic))
                {
                    _open.Clear();
                    foreach (var each in rows) each.Reset();
                    return;
                }

                if (topic.Step()) _open.Enqueue(topic, topic.Number(0));
            }

            _page.IsEnd = true;
        };
    }

    private bool TryAdd(SqliteStatement rows)
    {
        var frame = rows.Blob(4);
        if (Checksum.OfBlock(rows.Number(1), rows.Number(0), frame) != rows.Number(3))
            throw new InvalidDataException("A checksum does not match.");
        return _page.TryAdd(rows.Number(0), frame, (int)rows.Number(2), rows.Number(1));
    }
}
