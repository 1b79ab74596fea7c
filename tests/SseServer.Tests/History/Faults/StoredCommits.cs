using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.History.Sqlite.Tools;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Faults;

/// <summary>Looks whether a file holds what a <see cref="StoreWriter"/> was told it holds.</summary>
internal static class StoredCommits
{
    /// <summary>
    /// What is wrong, or null: the commits are whole, in order and without a hole, at least those acknowledged and at most one more; the file is sound, and takes the next commit.
    /// </summary>
    public static string? Problem(string path, int acknowledged)
    {
        try
        {
            using var store = new SqliteEventStore(path);
            store.Open(1, 1);
            using var reader = store.OpenReader();
            var stored = StoreEvents.Read(reader, StoreEvents.Select("t/*"), capacity: StoredPage.DefaultCapacity);
            var commits = stored.Count == 0 ? 0 : (int)(stored[^1].Id / StoreWriter.IdsPerCommit);
            if (commits < acknowledged || commits > acknowledged + 1) return $"{commits} commits of {acknowledged} that were acknowledged.";
            var expected = Enumerable.Range(1, commits).SelectMany(StoreWriter.Events).ToList();
            if (!stored.Select(e => e.Id).SequenceEqual(expected.Select(e => e.Id))) return "Events of a commit are missing.";
            for (var i = 0; i < expected.Count; i++)
                if (!stored[i].Frame.AsSpan().SequenceEqual(StoreEvents.Frame(expected[i], out _))) return $"Event {expected[i].Id} is another.";
            if (!StoreEvents.ReadIds(reader, StoreEvents.Select(StoreWriter.KeyedTopic) with { LatestOnly = true }).SequenceEqual(StoreWriter.LatestIds(commits)))
                return "The newest events of keys are others.";
            if (HistoryCheck.Run(path) is { Problems: { Count: > 0 } problems }) return problems[0];
            StoreEvents.Commit(store, [.. StoreWriter.Events(commits + 1), StoreWriter.KeyedEvent(commits + 1)]);
            return null;
        }
        catch (StoreException failure)
        {
            return failure.Message;
        }
    }
}
