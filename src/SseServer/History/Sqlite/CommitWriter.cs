namespace SseServer.History.Sqlite;

/// <summary>
/// Writes commits, each in a transaction: first the totals and keys of its topics, then its blocks, stretch by stretch
/// (<see cref="StoreSchema"/>). For the writer's thread.
/// </summary>
internal sealed class CommitWriter(StoreTables tables)
{
    // The blocks of a stretch interleave, so this is about what a reader of many topics holds in memory at a time. A commit over many
    // topics needs it that large to get more than one event into a block.
    private const int StretchBytes = 256 * 1024;

    // Large enough that a row costs little compared to its bytes, small enough that to delete one is a small step. A larger event has a
    // block of its own.
    private const int BlockBytes = 64 * 1024;

    private readonly BlockWriter _block = new();

    // By the commit's topic indexes.
    private TopicInCommit[] _topics = [];

    /// <exception cref="StoreException">Nothing of the commit is stored.</exception>
    public void Write(StoreCommit commit)
    {
        var lastId = commit.Count > 0 ? commit.Entries[^1].Id : 0;
        var store = tables.Store.Row;
        store = store with
        {
            HighWater = Math.Max(store.HighWater, Math.Max(commit.HighWater, lastId)),
            LastId = Math.Max(store.LastId, lastId),
        };
        using (var transaction = tables.Database.BeginWrite())
        {
            foreach (var skip in commit.Skips) tables.Lives.Begin(skip.Through, skip.From);
            WriteTopics(commit);
            WriteBlocks(commit);
            tables.Store.Update(store);
            transaction.Commit();
        }

        tables.Store.Adopt(store);
        foreach (var index in commit.Topics)
        {
            tables.Topics.Adopt(_topics[index].Row, _topics[index].Totals);
            _topics[index] = default;
        }
    }

    private void WriteTopics(StoreCommit commit)
    {
        if (_topics.Length < commit.TopicLimit) Array.Resize(ref _topics, commit.TopicLimit * 2);
        foreach (var index in commit.Topics)
        {
            ref readonly var topic = ref commit.Topic(index);
            var row = tables.Topics.Find(topic.Name);
            // If a topic of this name was removed, what it had is at or below the floor.
            var floor = tables.Store.Row.Floor;
            var totals = row?.Totals ?? new TopicTotals { LostThrough = floor, TrimmedThrough = floor };
            var hasKeys = AddEvents(commit, topic, ref totals);
            var isNew = row is null;
            row ??= tables.Topics.Insert(topic.Name, totals);
            if (hasKeys) WriteKeys(commit, topic.First, row.TopicId, ref totals);
            if (!isNew) tables.Topics.Update(row, totals);
            _topics[index] = new() { Row = row, Totals = totals, Next = topic.First };
        }
    }

    /// <summary>Adds a topic's events to its totals; returns whether some have a key.</summary>
    private static bool AddEvents(StoreCommit commit, in StoreCommitTopic topic, ref TopicTotals totals)
    {
        var entries = commit.Entries;
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

        return hasKeys;
    }

    /// <summary>Makes a topic's events the newest of their keys.</summary>
    private void WriteKeys(StoreCommit commit, int first, long topicId, ref TopicTotals totals)
    {
        var entries = commit.Entries;
        for (var at = first; at >= 0; at = entries[at].Next)
        {
            ref readonly var entry = ref entries[at];
            if (entry.KeyLength == 0 || entry.IsSuperseded) continue;
            var superseded = tables.Keys.Set(topicId, commit.Key(entry), entry.Id);
            if (superseded > 0 && superseded <= totals.TrimmedThrough) totals.Stale++;
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
                // If the topic's next entry is another, this one is in a block already.
                ref var topic = ref _topics[entries[at].Topic];
                if (topic.Next == at) topic.Next = WriteBlock(commit, at, end, entries[start].Id);
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

    /// <summary>Writes a block of a topic's entries within the stretch, from one on; returns the topic's next entry, or -1.</summary>
    private int WriteBlock(StoreCommit commit, int first, int end, long stretchId)
    {
        var entries = commit.Entries;
        var topicId = _topics[entries[first].Topic].Row.TopicId;
        _block.Begin(topicId);
        var at = first;
        do
        {
            ref readonly var entry = ref entries[at];
            if (entry.PublisherIdLength > 0) tables.PublisherIds.Insert(commit.PublisherId(entry), entry.Id, topicId, entry.Digest);
            _block.Add(entry.Id, commit.Frame(entry), entry.PrefixLength, entry.PublisherIdLength, commit.Key(entry), entry.IsFinal);
            at = entry.Next;
        }
        while (at >= 0 && at < end && _block.Bytes + entries[at].Length <= BlockBytes);

        tables.Blocks.Insert(_block, topicId, stretchId);
        if (_block.HasKeys) tables.Blocks.InsertKeyed(_block);
        return at;
    }

    private struct TopicInCommit
    {
        public TopicRow Row;

        /// <summary>With the commit's events.</summary>
        public TopicTotals Totals;

        /// <summary>The first entry that is not in a block yet.</summary>
        public int Next;
    }
}
