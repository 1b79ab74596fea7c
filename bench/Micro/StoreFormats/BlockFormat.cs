using SseServer.History;
using SseServer.History.Sqlite;

namespace SseServer.Bench.Micro.StoreFormats;

/// <summary>The server's own format: a row for each block of events.</summary>
internal sealed class BlockFormat(string path) : IStoreFormat
{
    private readonly SqliteEventStore _store = new(path);

    public void Open() => _store.Open(1, 1);

    public void Commit(StoreCommit commit)
    {
        _store.Commit(commit);
        _store.Maintain();
    }

    public long ReadAll(IReadOnlyList<byte[]> topics)
    {
        using var reader = _store.OpenReader();
        var selection = new StoredSelection(topics, topics.Count > 0 ? [] : [FormatComparison.Everything]);
        var page = new StoredPage();
        long count = 0;
        for (long after = 0; !page.IsEnd; count += page.Count)
        {
            reader.Read(selection, after, long.MaxValue, page);
            if (page.Count > 0) after = page.Entries[page.Count - 1].Id;
        }

        return count;
    }

    public void Trim(byte[] topic, long maxEvents)
    {
        var bounds = new StoreBounds(maxEvents, long.MaxValue, 0);
        while (_store.PlanTrim(topic, bounds) is { Through: > 0 } plan)
        {
            while (_store.Trim(topic, plan)) _store.Maintain();
            _store.Maintain();
        }
    }

    public void Dispose() => _store.Dispose();
}
