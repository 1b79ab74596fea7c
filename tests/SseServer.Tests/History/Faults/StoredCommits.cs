using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.History.Sqlite.Tools;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Faults;

/// <summary>Checks that a file has the commits that a <see cref="StoreWriter"/> made.</summary>
internal static class StoredCommits
{
    /// <summary>
    /// What is wrong, or null: the commits are whole, in order and without a hole, at least those acknowledged and at most one more; the
    /// check finds nothing, and the next commit works.
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
            {
                var frame = StoreEvents.Frame(expected[i], out _);
                if (!stored[i].Frame.AsSpan().SequenceEqual(frame)) return $"Event {expected[i].Id} has other bytes.";
            }

            var latest = StoreEvents.ReadIds(reader, StoreEvents.Select(StoreWriter.KeyedTopic) with { LatestOnly = true });
            if (!latest.SequenceEqual(StoreWriter.LatestIds(commits))) return "The newest events of the keys are wrong.";
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
