namespace SseServer.History.Sqlite;

// Commits: totals first, then blocks, stretch by stretch.
internal sealed partial class SqliteEventStore
{
    // A stretch's blocks interleave, so this is about what a reader of many topics holds in memory at a time; and what a commit over many topics has to make
    // blocks larger than an event.
    private const int StretchBytes = 256 * 1024;

    // Large enough that a row costs little beside its bytes, small enough that letting go of one is a small step. A larger event has a block of its own.
    private const int BlockBytes = 64 * 1024;

    private readonly BlockWriter _block = new();
    private SqliteStatement _insertBlock = null!;
    private SqliteStatement _insertPublisherId = null!;
    private SqliteStatement _findPublisherId = null!;

    // By the commit's topic indexes: the row, its totals with the commit, and the first entry that is in no block yet.
    private TopicRow?[] _rows = [];
    private TopicTotals[] _totals = [];
    private int[] _next = [];

    public void Commit(StoreCommit commit)
    {
        CheckFile();
        var database = Database;
        var (store, life) = (_store, _lives.Current);
        database.BeginWrite();
        try
        {
            foreach (var skip in commit.Skips) _lives.Begin(skip.Through, skip.From);
            WriteTotals(commit);
            WriteBlocks(commit);
            var lastId = commit.Count > 0 ? commit.Entries[^1].Id : 0;
            var highWater = Math.Max(commit.HighWater, lastId);
            Set(store with { HighWater = Math.Max(store.HighWater, highWater), LastId = Math.Max(store.LastId, lastId) });
            database.Commit();
        }
        catch
        {
            database.RollBack();
            _store = store;
            _lives.Restore(life);
            throw;
        }

        foreach (var index in commit.Topics)
        {
            _topics.Adopt(_rows[index]!, _totals[index]);
            _rows[index] = null;
        }

        CheckpointIfLong();
    }

    private void PrepareStatements(SqliteDatabase database)
    {
        _setStore = database.Prepare($"UPDATE store SET ({StoreRow.Columns}) = (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        _insertBlock = database.Prepare(
            "INSERT INTO blocks (first_id, stretch_id, topic_id, last_id, count, bytes, publisher_ids, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _insertPublisherId = database.Prepare("INSERT INTO publisher_ids (publisher_id, id, topic_id) VALUES (?1, ?2, ?3)");
        _findPublisherId = database.Prepare("SELECT topic_id, id FROM publisher_ids WHERE publisher_id = ?1 ORDER BY id");
        PrepareKeys(database);
        PrepareTrimming(database);
    }

    private void WriteTotals(StoreCommit commit)
    {
        if (_rows.Length < commit.TopicLimit)
        {
            Array.Resize(ref _rows, commit.TopicLimit * 2);
            Array.Resize(ref _totals, commit.TopicLimit * 2);
            Array.Resize(ref _next, commit.TopicLimit * 2);
        }

        var entries = commit.Entries;
        foreach (var index in commit.Topics)
        {
            ref readonly var topic = ref commit.Topic(index);
            var row = _topics.Find(topic.Name);
            // What a topic of this name had before it was forgotten is below the floor.
            var totals = row?.Totals ?? new TopicTotals { LostThrough = _store.Floor, TrimmedThrough = _store.Floor };
            if (totals.Count == 0) totals.FirstId = entries[topic.First].Id;
            totals.LastId = entries[topic.Last].Id;
            var hasKeys = false;
            for (var at = topic.First; at >= 0; at = entries[at].Next)
            {
                totals.Count++;
                totals.Bytes += entries[at].Length;
                hasKeys |= entries[at].KeyLength > 0;
                if (entries[at].IsFinal) totals.EndId = entries[at].Id;
            }

            var isKnown = row is not null;
            row ??= _topics.Insert(topic.Name, totals);
            if (hasKeys) WriteKeys(commit, topic.First, row.TopicId, ref totals);
            if (isKnown) _topics.Update(row, totals);
            (_rows[index], _totals[index], _next[index]) = (row, totals, topic.First);
        }
    }

    private void WriteBlocks(StoreCommit commit)
    {
        var entries = commit.Entries;
        for (int start = 0, end; start < entries.Length; start = end)
        {
            end = StretchEnd(entries, start);
            for (var at = start; at < end; at++)
            {
                // Where the topic's next is another, this entry is in a block already.
                ref var next = ref _next[entries[at].Topic];
                if (next == at) next = WriteBlock(commit, at, end, entries[start].Id);
            }
        }
    }

    private static int StretchEnd(ReadOnlySpan<StoreCommitEntry> entries, int start)
    {
        var bytes = entries[start].Length;
        var end = start + 1;
        while (end < entries.Length && bytes + entries[end].Length <= StretchBytes) bytes += entries[end++].Length;
        return end;
    }

    /// <summary>Writes a topic's entries from one on, within the stretch; returns the topic's first entry after them, or -1.</summary>
    private int WriteBlock(StoreCommit commit, int first, int end, long stretchId)
    {
        var entries = commit.Entries;
        var topicId = _rows[entries[first].Topic]!.TopicId;
        _block.Begin(topicId);
        var at = first;
        do
        {
            ref readonly var entry = ref entries[at];
            if (entry.PublisherIdLength > 0)
                _insertPublisherId.Bind(1, commit.PublisherId(entry)).Bind(2, entry.Id).Bind(3, topicId).Run();
            _block.Add(commit, entry);
            at = entry.Next;
        }
        while (at >= 0 && at < end && _block.Bytes + entries[at].Length <= BlockBytes);

        InsertBlock(topicId, stretchId);
        if (_block.HasKeys) _insertKeyedBlock.Bind(1, _block.FirstId).Bind(2, _block.LastUnkeyedId).Run();
        return at;
    }

    private void InsertBlock(long topicId, long stretchId)
    {
        var data = _block.Finish();
        _insertBlock.Bind(1, _block.FirstId).Bind(2, stretchId).Bind(3, topicId).Bind(4, _block.LastId).Bind(5, _block.Count)
            .Bind(6, _block.Bytes).Bind(7, _block.PublisherIds).Bind(8, data).Run();
    }
}
