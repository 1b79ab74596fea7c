using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.History.Sqlite.Tools;
using SseServer.Protocol.Topics;

namespace SseServer.Hosting.Transfer;

/// <summary>A history file, which is only read.</summary>
internal sealed class SqliteSource : IHistorySource
{
    private readonly SqliteEventReader _reader;

    /// <exception cref="StoreException">The file cannot be read.</exception>
    public SqliteSource(string path)
    {
        var database = HistoryFile.Open(path);
        var tables = new StoreTables(database);
        var store = tables.Store.Row;
        // The end of the last life is written when the next one begins.
        var lives = tables.Lives.Read();
        var end = store.IsClean ? store.HighWater : store.LastId;
        if (lives is [.., var last]) lives[^1] = last with { Last = Math.Max(last.First, end) };
        Marks = new(store.Origin, store.HighWater, store.Floor, lives, [.. tables.Topics.All.Select(topic => topic.ToStored())]);
        _reader = new(database);
    }

    public HistoryMarks Marks { get; }

    /// <summary>Everything, with what a copy needs.</summary>
    public static StoredSelection Everything { get; } = CreateSelection();

    public void CopyTo(HistoryCopy copy) => Copy(_reader, copy);

    public void Dispose() => _reader.Dispose();

    /// <summary>Gives all that a reader finds to a copy.</summary>
    public static void Copy(IStoredEventReader reader, HistoryCopy copy)
    {
        var page = new StoredPage(256 * 1024) { HasKeys = true };
        var after = 0L;
        do
        {
            reader.Read(Everything, after, long.MaxValue, page);
            copy.Add(page);
            if (page.Count > 0) after = page.Entries[page.Count - 1].Id;
        }
        while (!page.IsEnd);
    }

    private static StoredSelection CreateSelection()
    {
        TopicPattern.TryCreate("**"u8, out var pattern, out _);
        return new([], [pattern!]) { NeedsNames = true };
    }
}
